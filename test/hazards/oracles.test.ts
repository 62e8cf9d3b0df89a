/**
 * H25: answers to challenges that are made with a secret. Whoever gets one sends it back as the proof of an
 * event of their choice, in every form and place that proof can have; it must prove nothing.
 */
import { createHash, createHmac } from 'node:crypto'
import {
  createWebhookHandler,
  type Challenge,
  type Delivery,
  type Provider,
  type WebhookError,
} from 'webhook-target'
import { asana } from 'webhook-target/providers/asana'
import { braintree } from 'webhook-target/providers/braintree'
import { notion } from 'webhook-target/providers/notion'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { hmac } from 'webhook-target/schemes/hmac'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { readMember } from '../../src/lib/member.ts'
import { NOW, SAMPLE_URL, SECRET } from '../providers/sample.ts'
import { sampleModules } from '../providers/sample-modules.ts'
import { withHeaders } from '../providers/deliver.ts'

interface Oracle {
  readonly name: string
  readonly provider: () => Provider
  /** Copies of the provider without what keeps an answer from being a proof; each has to be caught. */
  readonly unguarded: Readonly<Record<string, () => Provider>>
  /** The question with a token of the asker's choice, as far as the asker can ask it. */
  readonly ask: (token: string, provider: Provider) => Request | Promise<Request>
  /** Tokens that would be the signed content of an event, or the key to it. */
  readonly tokens: readonly string[]
  /** What stands in front of a signature. */
  readonly prefix: string
  /** Bodies that the signature of a token would be one of, besides the token itself. */
  readonly bodiesOf?: (token: string) => readonly string[]
  /** Bodies that are looked at before any signature is. */
  readonly isExempt?: (body: string) => boolean
  /** Proofs that the asker can make of the token alone. */
  readonly proofsOf?: (token: string, body: string) => readonly string[]
  /** A body with a proof beside or in it. @default the proof in the first header of the scheme */
  readonly forge?: (body: string, proof: string) => Forgery
  /** Each guard by itself, as the others hide that it is gone. */
  readonly guards: readonly {
    readonly name: string
    readonly request: (provider: Provider) => Request | Promise<Request>
    readonly code: string
  }[]
}

/** What differs from a genuine request. */
interface Forgery {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const json = { 'content-type': 'application/json' }
const post = (body: unknown, headers: Record<string, string> = json) =>
  new Request(SAMPLE_URL, { method: 'POST', headers, body: JSON.stringify(body) })
const signed = (provider: Provider, body: unknown) =>
  sign(provider, { url: SAMPLE_URL, body }, { now: NOW * 1000 })
const hexOf = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')

const EVENT = '{"event":"meeting.deleted"}'
const XML = '<notification><kind>subscription_canceled</kind></notification>'

/** A challenge that signs whatever it is asked to. */
function willing(
  method: 'GET' | 'POST',
  tokenOf: (delivery: Delivery) => unknown,
  answerOf: (token: string) => string,
  isSigned = false,
): Challenge {
  return {
    name: 'willing',
    method,
    signed: isSigned,
    inBody: method === 'POST',
    answer(delivery) {
      const token = tokenOf(delivery)
      if (typeof token !== 'string') return undefined
      return { status: 200, headers: {}, body: answerOf(token) }
    },
  }
}

/** A sender whose secret is the last that a handshake brought. */
function stored(create: (options: StoredOptions) => object, isPending: boolean): Provider {
  let secret = SECRET
  const registration = {
    pending: () => isPending,
    save: (brought: string) => void (secret = brought),
  }
  return create({ secret: () => secret, registration }) as Provider
}
interface StoredOptions {
  readonly secret: () => string
  readonly registration: {
    readonly pending: () => boolean
    readonly save: (secret: string) => void
  }
}

const zoomToken = ({ payload }: Delivery) => readMember(payload, ['payload', 'plainToken'])
const zoomAnswer = (token: string) => JSON.stringify({ encryptedToken: hexOf(SECRET, token) })
const zoomQuestion = (plainToken: string) => ({
  event: 'endpoint.url_validation',
  payload: { plainToken },
})

const xAnswer = (token: string) =>
  JSON.stringify({
    response_token: `sha256=${createHmac('sha256', SECRET).update(token).digest('base64')}`,
  })

const braintreeSignature = (token: string) =>
  `public_key|${createHmac('sha1', createHash('sha1').update(SECRET).digest()).update(token).digest('hex')}`
const braintreeForm = (payload: string, signature: string) =>
  new URLSearchParams({ bt_signature: signature, bt_payload: payload }).toString()

const ORACLES: readonly Oracle[] = [
  {
    name: 'x',
    provider: () => x({ secret: SECRET }),
    unguarded: {
      'that signs any token': () => ({
        ...x({ secret: SECRET }),
        challenges: [willing('GET', ({ query }) => query.get('crc_token'), xAnswer)],
      }),
      'that takes any body': () => ({
        ...x({ secret: SECRET }),
        verify: hmac({
          secret: SECRET,
          header: 'x-twitter-webhooks-signature',
          prefix: 'sha256=',
          encoding: 'base64',
        }),
      }),
    },
    ask: (token) => new Request(`${SAMPLE_URL}?crc_token=${encodeURIComponent(token)}`),
    tokens: ['{"for_user_id":"1","tweet_create_events":[]}', '[]', '{}', '1'],
    prefix: 'sha256=',
    guards: [
      {
        name: 'a token that is an event is not signed',
        request: () => new Request(`${SAMPLE_URL}?crc_token=${encodeURIComponent(EVENT)}`),
        code: 'ERR_CHALLENGE_REFUSED',
      },
      {
        name: 'a body that could be a token is no event',
        request: (provider) => signed(provider, '1'),
        code: 'ERR_SIGNATURE_MISMATCH',
      },
    ],
  },
  {
    name: 'zoom',
    provider: () => zoom({ secret: SECRET }),
    unguarded: {
      'that signs any token for anyone': () => ({
        ...zoom({ secret: SECRET }),
        challenges: [willing('POST', zoomToken, zoomAnswer)],
      }),
      'that signs any token for Zoom': () => ({
        ...zoom({ secret: SECRET }),
        challenges: [willing('POST', zoomToken, zoomAnswer, true)],
      }),
    },
    // Only Zoom can ask: the worst case is that it lets someone else choose the token.
    ask: (token, provider) => signed(provider, zoomQuestion(token)),
    tokens: [`v0:${NOW}:${EVENT}`, `v0:${NOW}:`, `v0:${NOW}:1`],
    prefix: 'v0=',
    bodiesOf: (token) => [token.replace(/^v0:\d+:/, '')],
    guards: [
      {
        name: 'a question without a signature is not answered',
        request: () => post(zoomQuestion('abc')),
        code: 'ERR_SIGNATURE_MISSING',
      },
      {
        name: 'one with the signature of another secret is not answered',
        request: () => signed(zoom({ secret: 'another' }), zoomQuestion('abc')),
        code: 'ERR_SIGNATURE_MISMATCH',
      },
      {
        name: 'one of Zoom is not for the signed content of an event',
        request: (provider) => signed(provider, zoomQuestion(`v0:${NOW}:${EVENT}`)),
        code: 'ERR_CHALLENGE_REFUSED',
      },
    ],
  },
  {
    name: 'asana',
    provider: () => stored(asana, false),
    unguarded: { 'that takes any handshake': () => stored(asana, true) },
    ask: (token) => post({}, { ...json, 'x-hook-secret': token.replace(/[^\x21-\x7e]/g, '') }),
    tokens: ['chosen'],
    prefix: '',
    bodiesOf: () => ['{"events":[{"action":"deleted","resource":{"resource_type":"task"}}]}'],
    proofsOf: (token, body) => [hexOf(token, body)],
    guards: [
      {
        name: 'a handshake that nobody waits for is refused',
        request: () => post({}, { ...json, 'x-hook-secret': 'chosen' }),
        code: 'ERR_CHALLENGE_REFUSED',
      },
    ],
  },
  {
    name: 'notion',
    provider: () => stored(notion, false),
    unguarded: { 'that takes any handshake': () => stored(notion, true) },
    ask: (token) => post({ verification_token: token }),
    tokens: ['chosen'],
    prefix: 'sha256=',
    // A handshake is still a handshake, whatever is beside it; and whether it is one is read before all else.
    isExempt: (body) => !body.startsWith('{"') || body.includes('verification_token'),
    proofsOf: (token, body) => [`sha256=${hexOf(token, body)}`],
    guards: [
      {
        name: 'a handshake that nobody waits for is refused',
        request: () => post({ verification_token: 'chosen' }),
        code: 'ERR_CHALLENGE_REFUSED',
      },
    ],
  },
  {
    name: 'braintree',
    provider: () => braintree({ secret: SECRET, publicKey: 'public_key' }),
    unguarded: {
      'that signs any challenge': () => ({
        ...braintree({ secret: SECRET, publicKey: 'public_key' }),
        challenges: [willing('GET', ({ query }) => query.get('bt_challenge'), braintreeSignature)],
      }),
    },
    ask: (token) => new Request(`${SAMPLE_URL}?bt_challenge=${encodeURIComponent(token)}`),
    tokens: [btoa(XML), `${btoa(XML)}\n`, XML, 'a'.repeat(20), '0123456789abcdef'.repeat(2)],
    prefix: 'public_key|',
    forge: (body, proof) => ({ body: braintreeForm(body, proof), headers: {} }),
    guards: [
      {
        name: 'a notification is not signed',
        request: () => new Request(`${SAMPLE_URL}?bt_challenge=${encodeURIComponent(btoa(XML))}`),
        code: 'ERR_CHALLENGE_REFUSED',
      },
      {
        name: 'a payload that could be a challenge proves nothing',
        request: () =>
          new Request(SAMPLE_URL, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: braintreeForm('a'.repeat(20), braintreeSignature('a'.repeat(20))),
          }),
        code: 'ERR_SIGNATURE_MALFORMED',
      },
    ],
  },
]

/** Challenges that are answered with what was asked, or always alike: no secret has a part in it. */
const KEYLESS: ReadonlySet<string> = new Set([
  'cloudevents',
  'echo',
  'hub',
  'ping',
  'presence',
  'ssl-check',
  'subscription',
  'validation-url',
  'verification-code',
  'websub',
])

test('every sender whose answers a secret has a part in is here', () => {
  const keyed = [...sampleModules].filter(([, { samples }]) =>
    samples.some(({ provider }) =>
      (provider.challenges ?? []).some(({ name }) => !KEYLESS.has(name)),
    ),
  )
  const known = ORACLES.map(({ name }) => name)
  expect(keyed.map(([name]) => name).filter((name) => !known.includes(name))).toEqual([])
})

function open(provider: Provider) {
  const effect = vi.fn()
  let error: WebhookError | undefined
  const handler = createWebhookHandler({
    provider,
    on: { '*': effect },
    clock: () => NOW * 1000,
    telemetry: { onDelivery: (report) => (error = report.error) },
    dedupe: false,
  })
  const send = async (request: Request) => {
    error = undefined
    const response = await handler(request)
    return { response, code: (error as WebhookError | undefined)?.code }
  }
  return { effect, send }
}

/** Every text of an answer that could be a signature. */
async function textsOf(response: Response): Promise<readonly string[]> {
  const body = await response.text()
  const members = body.startsWith('{') ? Object.values(JSON.parse(body) as object).map(String) : []
  return [body, ...members, ...response.headers.values()].filter((text) => text !== '')
}

/** Asks, and makes events of the answer: those that were not refused for their signature. */
async function attack(oracle: Oracle, provider: Provider, token: string) {
  const { ask, prefix, bodiesOf, isExempt, proofsOf, forge } = oracle
  const { effect, send } = open(provider)
  // Genuine in everything but the signature: a fresh timestamp is beside it.
  const genuine = proofsOf ? post({}) : await signed(provider, {})
  const question = await ask(token, provider)
  const asked = await question.clone().text()
  const { response } = await send(question)
  const texts = response.status === 200 ? await textsOf(response) : []
  const proofs = texts.flatMap((text) => [text, prefix + text, text.replace(/^\w+=/, prefix)])
  const successes: unknown[] = []
  for (const body of [token, asked, ...(bodiesOf?.(token) ?? []), ...texts, '{"type":"forged"}']) {
    if (body === '' || isExempt?.(body)) continue
    for (const proof of [...proofs, ...(proofsOf?.(token, body) ?? [])]) {
      const forgeries = forge
        ? [forge(body, proof)]
        : TYPES.map((type) => ({
            body,
            headers: { [provider.verify.headers[0]!]: proof, 'content-type': type },
          }))
      for (const { body: forged, headers } of forgeries) {
        const request = new Request(SAMPLE_URL, {
          method: 'POST',
          headers: genuine.headers,
          body: forged,
        })
        const { code } = await send(withHeaders(request, headers))
        if (!code?.startsWith('ERR_SIGNATURE_')) successes.push([body, proof, code])
      }
    }
  }
  if (effect.mock.calls.length > 0) successes.push('an effect ran')
  return { answered: response.status === 200, successes }
}

const tokens = fc.oneof(
  fc.stringMatching(/^[\w.~+/=-]{1,60}$/),
  fc.json(),
  fc.stringMatching(/^[a-f0-9]{20,32}$/),
)

const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'text/plain']

describe.each(ORACLES)('what $name gets answered', (oracle) => {
  test('is no proof of an event', async () => {
    let answers = 0
    const prove = async (token: string) => {
      const { answered, successes } = await attack(oracle, oracle.provider(), token)
      expect([token, successes]).toEqual([token, []])
      if (answered) answers++
    }
    for (const token of oracle.tokens) await prove(token)
    await fc.assert(fc.asyncProperty(tokens, prove), { numRuns: 15 })
    // Those that bring the secret are answered only while somebody waits for it.
    expect(answers > 0).toBe(!oracle.proofsOf)
  })

  test.each(Object.entries(oracle.unguarded))('would be one of a copy %s', async (_, create) => {
    const found = []
    for (const token of oracle.tokens) {
      found.push(...(await attack(oracle, create(), token)).successes)
    }
    expect(found).toContain('an effect ran')
  })

  test.each(oracle.guards)('and $name', async ({ request, code }) => {
    const provider = oracle.provider()
    const { effect, send } = open(provider)
    expect((await send(await request(provider))).code).toBe(code)
    expect(effect).not.toHaveBeenCalled()
  })
})
