/**
 * H25: answers to challenges that are made with a secret. Whoever gets one sends it back as the proof of an
 * event of their choice, in every form and place that proof can have; it must prove nothing.
 */
import { createWebhookHandler, type Provider } from 'webhook-target'
import { asana } from 'webhook-target/providers/asana'
import { braintree } from 'webhook-target/providers/braintree'
import { notion } from 'webhook-target/providers/notion'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { NOW, SAMPLE_URL, SECRET } from '../providers/sample.ts'
import { sampleModules } from '../providers/sample-modules.ts'
import { withHeaders } from '../providers/deliver.ts'

interface Oracle {
  readonly name: string
  readonly provider: () => Provider
  /** The question with a token of the asker's choice, as far as the asker can ask it. */
  readonly ask: (token: string, provider: Provider) => Request | Promise<Request>
  /** What stands in front of a signature. */
  readonly prefix: string
  /** A body with a proof beside or in it. @default the proof in the first header of the scheme */
  readonly forge?: (body: string, proof: string) => Forgery
}

/** What differs from a genuine request. */
interface Forgery {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const json = { 'content-type': 'application/json' }
const post = (body: unknown, headers: Record<string, string> = json) =>
  new Request(SAMPLE_URL, { method: 'POST', headers, body: JSON.stringify(body) })
const pending = () => ({ pending: () => true, save() {} })

const ORACLES: readonly Oracle[] = [
  {
    name: 'x',
    provider: () => x({ secret: SECRET }),
    ask: (token) => new Request(`${SAMPLE_URL}?crc_token=${encodeURIComponent(token)}`),
    prefix: 'sha256=',
  },
  {
    name: 'zoom',
    provider: () => zoom({ secret: SECRET }),
    // Only Zoom can ask: the worst case is that it lets someone else choose the token.
    ask: (plainToken, provider) =>
      signed(provider, { event: 'endpoint.url_validation', payload: { plainToken } }),
    prefix: 'v0=',
  },
  {
    name: 'asana',
    provider: () => asana({ secret: SECRET, registration: pending() }),
    ask: (token) => post({}, { ...json, 'x-hook-secret': token.replace(/[^\x21-\x7e]/g, '') }),
    prefix: '',
  },
  {
    name: 'notion',
    provider: () => notion({ secret: SECRET, registration: pending() }),
    ask: (token) => post({ verification_token: token }),
    prefix: 'sha256=',
  },
  {
    name: 'braintree',
    provider: () => braintree({ secret: SECRET, publicKey: 'public_key' }),
    ask: (token) => new Request(`${SAMPLE_URL}?bt_challenge=${encodeURIComponent(token)}`),
    prefix: 'public_key|',
    forge: (body, proof) => ({
      body: new URLSearchParams({ bt_signature: proof, bt_payload: body }).toString(),
      headers: {},
    }),
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

const signed = (provider: Provider, body: unknown) =>
  sign(provider, { url: SAMPLE_URL, body }, { now: NOW * 1000 })

function open(provider: Provider) {
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider,
    on: { '*': effect },
    clock: () => NOW * 1000,
    telemetry: {},
    dedupe: false,
  })
  return { effect, send: (request: Request) => handler(request) }
}

/** Every text of an answer that could be a signature. */
async function textsOf(response: Response): Promise<readonly string[]> {
  const body = await response.text()
  const members = body.startsWith('{') ? Object.values(JSON.parse(body) as object).map(String) : []
  return [body, ...members, ...response.headers.values()].filter((text) => text !== '')
}

const tokens = fc.oneof(
  fc.stringMatching(/^[\w.~+/=-]{1,60}$/),
  fc.json(),
  fc.constantFrom(
    '{"for_user_id":"1","tweet_create_events":[]}',
    '{"event":"meeting.deleted"}',
    `v0:${NOW}:{"event":"meeting.deleted"}`,
    `v0:${NOW}:`,
    '[]',
    '{}',
  ),
  fc.stringMatching(/^[a-f0-9]{20,32}$/),
)

const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'text/plain']

describe.each(ORACLES)('what $name gets answered', ({ provider: create, ask, prefix, forge }) => {
  test('is no proof of an event', async () => {
    const provider = create()
    const { effect, send } = open(provider)
    // Genuine in everything but the signature: a fresh timestamp is beside it.
    const genuine = await signed(provider, {})
    let answered = 0
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        const question = await ask(token, provider)
        const asked = await question.clone().text()
        const response = await send(question)
        if (response.status !== 200) return
        answered++
        const texts = await textsOf(response)
        const proofs = texts.flatMap((text) => [text, prefix + text, text.replace(/^\w+=/, prefix)])
        for (const body of [token, asked, ...texts, '{"type":"forged"}']) {
          if (body === '') continue
          for (const proof of proofs) {
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
              const { status } = await send(withHeaders(request, headers))
              // A handshake is still a handshake, whatever is beside it.
              if (body !== asked) expect([body, proof, status >= 400]).toEqual([body, proof, true])
            }
          }
        }
      }),
      { numRuns: 15 },
    )
    expect(answered).toBeGreaterThan(0)
    expect(effect).not.toHaveBeenCalled()
  })
})
