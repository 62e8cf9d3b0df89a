/**
 * What a challenge makes of any token at all: a short answer of the sender's documented type, which no browser
 * runs and which proves nothing when it is sent back.
 */
import { createWebhookHandler, type Provider } from 'webhook-target'
import { adobeIo } from 'webhook-target/providers/adobe-io'
import { adobeSign } from 'webhook-target/providers/adobe-sign'
import { asana } from 'webhook-target/providers/asana'
import { azureEventGrid } from 'webhook-target/providers/azure-event-grid'
import { braintree } from 'webhook-target/providers/braintree'
import { cloudeventsHttpWebhook } from 'webhook-target/providers/cloudevents-http-webhook'
import { dropbox } from 'webhook-target/providers/dropbox'
import { meta } from 'webhook-target/providers/meta'
import { microsoftGraph } from 'webhook-target/providers/microsoft-graph'
import { monday } from 'webhook-target/providers/monday'
import { notion } from 'webhook-target/providers/notion'
import { okta } from 'webhook-target/providers/okta'
import { slack } from 'webhook-target/providers/slack'
import { strava } from 'webhook-target/providers/strava'
import { twitch } from 'webhook-target/providers/twitch'
import { websub } from 'webhook-target/providers/websub'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { NOW, SAMPLE_URL, SECRET } from '../providers/sample.ts'
import { sampleModules } from '../providers/sample-modules.ts'

interface Asked {
  readonly name: string
  readonly provider: object
  readonly ask: (token: string, provider: Provider) => Request | Promise<Request>
  /** The type that the sender wants, or none with a body that is empty. */
  readonly type: 'text/plain; charset=utf-8' | 'application/json' | null
  /** Where the token is found in an answer. */
  readonly find: (answer: Answer) => unknown
}

interface Answer {
  readonly body: string
  readonly headers: Headers
}

const secret = SECRET
const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json'
const get = (parameters: Record<string, string>) =>
  new Request(`${SAMPLE_URL}?${new URLSearchParams(parameters).toString()}`)
const post = (body: unknown, headers: Record<string, string> = {}, query = '') =>
  new Request(`${SAMPLE_URL}${query}`, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  })
const signed = (provider: Provider, body: unknown) =>
  sign(provider, { url: SAMPLE_URL, body }, { now: NOW * 1000 })
const inText = ({ body }: Answer) => body
const inMember =
  (name: string) =>
  ({ body }: Answer) =>
    (JSON.parse(body) as Record<string, unknown>)[name]
const inHeader =
  (name: string) =>
  ({ headers }: Answer) =>
    headers.get(name)
const registration = { pending: () => true, save() {} }

const ASKED: readonly Asked[] = [
  {
    name: 'adobe-io',
    provider: adobeIo({ clientId: 'client' }),
    ask: (challenge) => get({ challenge }),
    type: TEXT,
    find: inText,
  },
  {
    name: 'adobe-sign',
    provider: adobeSign({ clientId: 'client' }),
    ask: (token) =>
      new Request(SAMPLE_URL, { headers: { 'x-adobesign-clientid': headerText(token) } }),
    type: JSON_TYPE,
    find: inMember('xAdobeSignClientId'),
  },
  {
    name: 'asana',
    provider: asana({ secret, registration }),
    ask: (token) => post({}, { 'x-hook-secret': headerText(token) }),
    type: null,
    find: inHeader('x-hook-secret'),
  },
  {
    name: 'azure-event-grid',
    provider: azureEventGrid({ secret }),
    ask: (validationCode) =>
      post(
        [
          {
            eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
            data: { validationCode },
          },
        ],
        {},
        `?code=${encodeURIComponent(secret)}`,
      ),
    type: JSON_TYPE,
    find: inMember('validationResponse'),
  },
  {
    name: 'braintree',
    provider: braintree({ secret, publicKey: 'key' }),
    ask: (token) => get({ bt_challenge: token }),
    type: TEXT,
    find: ({ body }) => (/^key\|[0-9a-f]{40}$/.test(body) ? undefined : body),
  },
  {
    name: 'cloudevents-http-webhook',
    provider: cloudeventsHttpWebhook({ secret: 'a-token', allowedOrigins: '*' }),
    ask: (token) =>
      new Request(SAMPLE_URL, {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': headerText(token) },
      }),
    type: null,
    find: inHeader('webhook-allowed-origin'),
  },
  {
    name: 'dropbox',
    provider: dropbox({ secret }),
    ask: (challenge) => get({ challenge }),
    type: TEXT,
    find: inText,
  },
  {
    name: 'meta',
    provider: meta({ secret, verifyToken: 'known' }),
    ask: (token) => get(hubQuery(token)),
    type: TEXT,
    find: inText,
  },
  {
    name: 'microsoft-graph',
    provider: microsoftGraph({ secret }),
    ask: (token) => post({}, {}, `?${new URLSearchParams({ validationToken: token }).toString()}`),
    type: TEXT,
    find: inText,
  },
  {
    name: 'monday',
    provider: monday({ secret, url: SAMPLE_URL }),
    ask: (challenge) => post({ challenge }),
    type: JSON_TYPE,
    find: inMember('challenge'),
  },
  {
    name: 'notion',
    provider: notion({ secret, registration }),
    ask: (token) => post({ verification_token: token }),
    type: null,
    find: () => undefined,
  },
  {
    name: 'okta',
    provider: okta({ secret }),
    ask: (token) =>
      new Request(SAMPLE_URL, {
        headers: { 'x-okta-verification-challenge': headerText(token) },
      }),
    type: JSON_TYPE,
    find: inMember('verification'),
  },
  {
    name: 'slack',
    provider: slack({ secret }),
    ask: (challenge, provider) => signed(provider, { type: 'url_verification', challenge }),
    type: JSON_TYPE,
    find: inMember('challenge'),
  },
  {
    name: 'strava',
    provider: strava({ verifyToken: 'known', subscriptionId: 7 }),
    ask: (token) => get(hubQuery(token)),
    type: JSON_TYPE,
    find: inMember('hub.challenge'),
  },
  {
    name: 'twitch',
    provider: twitch({ secret }),
    ask: (challenge, provider) => signed(provider, { challenge }),
    type: TEXT,
    find: inText,
  },
  {
    name: 'websub',
    provider: websub({ secret, pending: () => true }),
    ask: (token) => get({ ...hubQuery(token), 'hub.topic': 'https://example.com/feed' }),
    type: TEXT,
    find: inText,
  },
  {
    name: 'x',
    provider: x({ secret }),
    ask: (token) => get({ crc_token: token }),
    type: JSON_TYPE,
    find: () => undefined,
  },
  {
    name: 'zoom',
    provider: zoom({ secret }),
    ask: (plainToken, provider) =>
      signed(provider, { event: 'endpoint.url_validation', payload: { plainToken } }),
    type: JSON_TYPE,
    find: inMember('plainToken'),
  },
]

function hubQuery(token: string) {
  return { 'hub.mode': 'subscribe', 'hub.verify_token': 'known', 'hub.challenge': token }
}

/** What of a text a header field can hold. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '')
}

/** Challenges that are answered in one way, whatever stands in them. */
const CONSTANT: ReadonlySet<string> = new Set([
  'ping',
  'presence',
  'ssl-check',
  'subscription',
  'validation-url',
  'verification-code',
])

test('every sender that chooses what is answered is here', () => {
  const choosing = [...sampleModules].filter(([, { samples }]) =>
    samples.some(({ provider }) =>
      (provider.challenges ?? []).some(({ name }) => !CONSTANT.has(name)),
    ),
  )
  const known = ASKED.map(({ name }) => name)
  expect(choosing.map(([name]) => name).filter((name) => !known.includes(name))).toEqual([])
})

const MAX_LENGTH = 1024
/** One that each of them answers, and those that are longer than any answer may be. */
const ALWAYS = ['client', 'abcdef0123456789abcd', 'a'.repeat(1025), `a${' a'.repeat(512)}`]
const tokens = fc.oneof(
  fc.stringMatching(/^[\w.~+/=-]{1,600}$/),
  fc.stringMatching(/^[a-f0-9]{20,32}$/),
  fc.domain(),
  fc.string({ maxLength: 2000 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.json(),
  fc.constantFrom(
    'client',
    '<script>alert(1)</script>',
    'a\r\nset-cookie: a=b',
    '{"type":"forged"}',
    `v0:${NOW}:{"type":"forged"}`,
    'a'.repeat(512),
  ),
)

describe.each(ASKED)('$name', ({ provider: given, ask, type, find }) => {
  const provider = given as Provider

  async function send(request: Request) {
    const effect = vi.fn()
    const handler = createWebhookHandler({
      provider,
      on: { '*': effect },
      clock: () => NOW * 1000,
      telemetry: {},
      dedupe: false,
    })
    const response = await handler(request)
    expect(effect).not.toHaveBeenCalled()
    const { status, headers } = response
    return { status, headers, body: await response.text() }
  }

  test('answers any token briefly, in the type that is wanted, and with no proof', async () => {
    let answered = 0
    const prove = async (token: string) => {
      const { status, headers, body } = await send(await ask(token, provider))
      expect([...headers].filter(([, value]) => value.length > MAX_LENGTH)).toEqual([])
      expect(headers.has('set-cookie')).toBe(false)
      expect(body.length).toBeLessThanOrEqual(MAX_LENGTH)
      if (status >= 300) {
        expect([body, status >= 400 && status < 500]).toEqual(['', true])
        return
      }
      answered++
      expect(headers.get('content-type')).toBe(type)
      if (type !== null) expect(headers.get('x-content-type-options')).toBe('nosniff')
      else expect(body).toBe('')
      const found = find({ body, headers })
      expect([token, headerText(token), undefined]).toContain(found)
      const members =
        type === JSON_TYPE ? Object.values(JSON.parse(body) as object).map(String) : []
      await proveNothing([body, ...members, ...headers.values()], [token, body])
    }
    for (const token of ALWAYS) await prove(token)
    await fc.assert(fc.asyncProperty(tokens, prove), { numRuns: 25 })
    expect(answered).toBeGreaterThan(0)
  })

  /** An event with what was answered for its evidence, in the first header field that holds any. */
  async function proveNothing(proofs: readonly string[], bodies: readonly string[]) {
    const [name] = provider.verify.headers
    if (name === undefined) return
    for (const proof of proofs.filter((text) => headerText(text) === text && text !== '')) {
      for (const body of bodies) {
        const request = new Request(SAMPLE_URL, {
          method: 'POST',
          headers: { 'content-type': 'text/plain', [name]: proof },
          body,
        })
        // An application is known by its id, which whoever asks with it has.
        if (name === 'x-adobesign-clientid' && proof === 'client') continue
        expect((await send(request)).status).toBeGreaterThanOrEqual(400)
      }
    }
  }
})
