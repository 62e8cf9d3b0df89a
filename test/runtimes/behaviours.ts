/** What every host must do, over plain HTTP. Where a platform can't, it says what happens instead. */
import { randomUUID } from 'node:crypto'
import {
  discordPing,
  github,
  metaSubscription,
  PUSH,
  slack,
  standardWebhooks,
  stripe,
} from './messages.ts'
import { secrets } from './secrets.ts'
import { deliver, hangUp, type Answer, type Message } from './sender.ts'

/** Kinds of hosts that differ in what they let through. */
export type Host = 'node' | 'bun' | 'deno' | 'workerd' | 'hono' | 'next'

export interface Expected {
  readonly status: number
  /** @default empty */
  readonly body?: string
  readonly json?: object
  readonly headers?: Readonly<Record<string, RegExp>>
}

export interface Behaviour {
  readonly name: string
  /** Sends something to the server at `base`; every answer must be the expected one. */
  readonly send: (base: string) => Promise<Answer | readonly Answer[]>
  readonly expected: Expected
  readonly instead?: Partial<Record<Host, Expected & { readonly because: string }>>
}

const WORKED = { runs: 1, ref: 'refs/heads/main' }
const MESSY = '{ "title":\t"Grüße, 世界 \\u00e9 🎉",\r\n  "n": 1.0, "n": 1e2 }\n'
const BASE = 'http://127.0.0.1:{port}'
const ODD_PATH = '/github?a=%41&b=%2f+c'
const FORWARDED = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
const LONG = JSON.stringify({ ref: 'x'.repeat(300 * 1024) })

export const behaviours: readonly Behaviour[] = [
  {
    name: 'a signed push is accepted, and its effect runs',
    send: (base) => deliver(base, github()),
    expected: { status: 200, json: WORKED, headers: { 'content-type': /^application\/json/ } },
  },
  {
    name: 'a duplicate gets the same answer and is not worked on again',
    async send(base) {
      const message = github()
      return [await deliver(base, message), await deliver(base, message)]
    },
    expected: { status: 200, json: WORKED },
  },
  {
    name: '50 parallel duplicates are worked on once',
    send(base) {
      const message = github()
      return Promise.all(Array.from({ length: 50 }, () => deliver(base, message)))
    },
    expected: { status: 200, json: WORKED },
  },
  {
    name: '50 parallel events are each worked on',
    send: (base) => Promise.all(Array.from({ length: 50 }, () => deliver(base, github()))),
    expected: { status: 200, json: WORKED },
  },
  {
    name: 'a parameter of the path reaches the effect',
    send: (base) => deliver(base, github({ path: '/tenants/acme%20inc/github' })),
    expected: { status: 200, json: { ...WORKED, tenant: 'acme inc' } },
  },
  {
    name: 'the bytes are verified and handed on as they came',
    send: (base) => inspect(base, github({ event: 'issues', body: MESSY })),
    expected: { status: 200, json: { method: 'POST', url: `${BASE}/github`, body: MESSY } },
    instead: {
      next: {
        because: 'Next puts localhost in place of the host that the sender called',
        status: 200,
        json: { method: 'POST', url: 'http://localhost:{port}/github', body: MESSY },
      },
    },
  },
  {
    name: 'the URL is handed on as it came, whatever X-Forwarded headers claim',
    send: (base) => inspect(base, github({ event: 'issues', path: ODD_PATH, headers: FORWARDED })),
    expected: { status: 200, json: { method: 'POST', url: `${BASE}${ODD_PATH}`, body: PUSH } },
    instead: {
      next: {
        because: 'Next believes X-Forwarded-Proto and writes escapes its own way: set publicUrl',
        status: 200,
        json: { method: 'POST', url: 'https://localhost:{port}/github?a=A&b=%2F+c', body: PUSH },
      },
    },
  },
  {
    name: 'a sender that hung up is served when it delivers again',
    async send(base) {
      const message = github()
      await hangUp(base, message, 10)
      return deliver(base, message)
    },
    expected: { status: 200, json: WORKED },
  },

  {
    name: 'a wrong signature is refused',
    send: (base) => deliver(base, github({ signature: `sha256=${'0'.repeat(64)}` })),
    expected: { status: 401 },
  },
  {
    name: 'a forged delivery does not suppress the genuine one',
    async send(base) {
      const id = randomUUID()
      const forged = await deliver(base, github({ id, signature: `sha256=${'0'.repeat(64)}` }))
      if (forged.status !== 401) return forged
      return deliver(base, github({ id }))
    },
    expected: { status: 200, json: WORKED },
  },
  {
    name: 'a body that was changed on the way is refused',
    send: (base) => deliver(base, { ...github(), body: PUSH.replace('main', 'mail') }),
    expected: { status: 401 },
  },
  {
    name: 'a missing signature is refused',
    send: (base) => deliver(base, github({ signature: undefined })),
    expected: { status: 401 },
  },
  {
    name: 'malformed signatures are refused',
    async send(base) {
      const right = String(github().headers?.['x-hub-signature-256'])
      const malformed = [
        '',
        'sha256=',
        'sha256=zz',
        right.slice('sha256='.length),
        `${right}0`,
        right.toUpperCase(),
      ]
      return Promise.all(malformed.map((signature) => deliver(base, github({ signature }))))
    },
    expected: { status: 401 },
  },
  {
    name: 'a signature that comes twice is refused',
    async send(base) {
      const right = String(github().headers?.['x-hub-signature-256'])
      return deliver(base, github({ signature: [right, right] }))
    },
    expected: { status: 401 },
    instead: {
      node: { status: 400, because: 'it sees both lines, where others see one joined value' },
    },
  },
  {
    name: 'Stripe: a fresh timestamp is accepted',
    send: (base) => deliver(base, stripe()),
    expected: { status: 200, json: { runs: 1, type: 'charge.succeeded' } },
  },
  {
    name: 'Stripe: a stale or future timestamp is refused',
    send: (base) =>
      Promise.all([400, -400].map((ageSeconds) => deliver(base, stripe({ ageSeconds })))),
    expected: { status: 401 },
  },
  {
    name: 'Slack: the url_verification challenge is given back',
    send: (base) =>
      deliver(base, slack({ type: 'url_verification', token: 't', challenge: '3eZbrw1aBm2rZ' })),
    expected: { status: 200, json: { challenge: '3eZbrw1aBm2rZ' } },
  },
  {
    name: 'Slack: a stale challenge is refused',
    send: (base) =>
      deliver(base, slack({ type: 'url_verification', challenge: 'abc' }, { ageSeconds: 400 })),
    expected: { status: 401 },
  },
  {
    name: 'Meta: the challenge of a subscription is given back',
    send: (base) => deliver(base, metaSubscription(secrets.META_VERIFY_TOKEN)),
    expected: { status: 200, body: '1158201444', headers: { 'content-type': /^text\/plain/ } },
  },
  {
    name: 'Meta: a subscription with another token is not',
    send: (base) => deliver(base, metaSubscription('guessed')),
    expected: { status: 403 },
  },
  {
    name: 'Discord: a signed PING (Ed25519) is answered',
    send: (base) => deliver(base, discordPing()),
    expected: { status: 200, json: { type: 1 } },
  },
  {
    name: 'Discord: a PING with a broken signature is refused',
    send: (base) => deliver(base, discordPing({ signedBody: '{"type":1}' })),
    expected: { status: 401 },
  },
  {
    name: 'Standard Webhooks: signed is accepted',
    send: (base) => deliver(base, standardWebhooks()),
    expected: { status: 200, json: { runs: 1, type: 'invoice.paid' } },
  },
  {
    name: 'Standard Webhooks: stale is refused',
    send: (base) => deliver(base, standardWebhooks({ ageSeconds: 400 })),
    expected: { status: 401 },
  },

  {
    name: 'a body over the limit is refused, with a length and without',
    send: (base) =>
      Promise.all(
        [false, true].map((chunked) => deliver(base, { ...github({ body: LONG }), chunked })),
      ),
    expected: { status: 413 },
  },
  {
    name: 'a body over the limit is not waited for to end',
    send: (base) => deliver(base, { ...github({ body: LONG }), unfinished: true }),
    expected: { status: 413 },
  },
  {
    name: 'a chunked body within the limit is accepted',
    send: (base) => deliver(base, { ...github(), chunked: true }),
    expected: { status: 200, json: WORKED },
  },
  {
    name: 'a Content-Encoding is refused',
    send: (base) => deliver(base, github({ headers: { 'content-encoding': 'gzip' } })),
    expected: { status: 415 },
  },
  {
    name: 'an unknown path is not found',
    send: (base) =>
      Promise.all(['/nowhere', '/github/more'].map((path) => deliver(base, github({ path })))),
    expected: { status: 404 },
  },
  {
    name: 'a GET is told what is allowed',
    send: (base) => deliver(base, { method: 'GET', path: '/github' }),
    expected: { status: 405, headers: { allow: /^POST$/ } },
  },
  {
    name: 'a PUT is told what is allowed',
    send: (base) => deliver(base, { method: 'PUT', path: '/meta' }),
    expected: { status: 405, headers: { allow: /^POST, GET$/ } },
    instead: {
      next: {
        status: 405,
        because: 'the router answers for methods that the route does not export',
      },
    },
  },
  {
    name: 'a genuine body that is no JSON is a bad request',
    send: (base) => deliver(base, github({ body: '{"ref": "refs/heads/main"' })),
    expected: { status: 400 },
  },
  {
    name: 'an effect that throws asks for another delivery, and tells nothing',
    send: (base) => deliver(base, github({ event: 'release' })),
    expected: { status: 503, headers: { 'retry-after': /^\d+$/ } },
  },
  {
    name: 'an effect past the deadline asks for another delivery',
    send: (base) => deliver(base, github({ path: '/impatient' })),
    expected: { status: 503, headers: { 'retry-after': /^\d+$/ } },
  },
]

/** Delivers to the effect that tells what it was called with; the port differs from run to run. */
async function inspect(base: string, message: Message): Promise<Answer> {
  const answer = await deliver(base, message)
  return { ...answer, body: answer.body.replace(new URL(base).port, '{port}') }
}

/** What the example files must do, each as it stands, on its own platform: they mount one GitHub endpoint. */
export function exampleBehaviours(path: string): readonly Behaviour[] {
  const body = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'octo/hello' } })
  return [
    {
      name: 'a signed push is accepted',
      send: (base) => deliver(base, github({ path, body })),
      expected: { status: 200 },
    },
    {
      name: 'a wrong signature is refused',
      send: (base) => deliver(base, github({ path, signature: `sha256=${'0'.repeat(64)}` })),
      expected: { status: 401 },
    },
    {
      name: 'a missing signature is refused',
      send: (base) => deliver(base, github({ path, signature: undefined })),
      expected: { status: 401 },
    },
  ]
}

/** What no answer may hold, in its head or its body: the secrets, and what an effect threw. */
export const UNSPEAKABLE: readonly string[] = [
  ...Object.values(secrets).filter((value) => value !== secrets.DISCORD_PUBLIC_KEY),
  'hunter2',
  'ERR_',
]
