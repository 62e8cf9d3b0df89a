/**
 * Feeds an endpoint what no sender sends, signed and unsigned, through both doors. Prints how many were
 * answered; a crash or a request that never ends shows in the exit code.
 */
import {
  createWebhookHandler,
  mount,
  type IncomingParts,
  type WebhookHandler,
} from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { meta } from 'webhook-target/providers/meta'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { bytesOf, ORIGIN } from '../support/doors.ts'
import { acme, acmeBatches, hexHmac, SECRET } from '../support/senders.ts'
import { createHmac } from 'node:crypto'

process.on('uncaughtException', (error) => fail('uncaught', error))
process.on('unhandledRejection', (error) => fail('unhandled', error))
function fail(kind: string, error: unknown): never {
  console.log(kind, error)
  process.exit(3)
}

const bodies: readonly (string | Uint8Array)[] = [
  '',
  '12',
  'null',
  '[]',
  '[null]',
  '[[],[[]],{}]',
  'true',
  '"text"',
  '{}',
  '{',
  '\u0000',
  '{"a":"\\ud800"}',
  '{"\\udfff":1}',
  '{"__proto__":{"type":"x"},"type":{"__proto__":1}}',
  '{"type":null,"event":null,"id":null,"action":null,"object":null,"entry":null}',
  '{"type":[],"event":[],"id":{},"action":{"toString":1},"object":"page","entry":[null]}',
  '{"type":"toString","event":"constructor","id":1e400,"object":"page","entry":[{"changes":[null]}]}',
  '{"type":"__proto__","challenge":{"a":1},"event":"endpoint.url_validation","payload":[]}',
  '{"type":"url_verification","challenge":["a"]}',
  `{"type":"${'x'.repeat(300_000)}","id":"${'y'.repeat(500_000)}"}`,
  `{"id":${'9'.repeat(100_000)}}`,
  '['.repeat(100_000),
  '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000),
  'a=1&a=2&__proto__=3&payload=%7B',
  'payload=%ZZ&=&&&%',
  '--x\r\n\r\n--x--',
  Uint8Array.from({ length: 1000 }, (_, i) => i),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0x00),
  Uint8Array.of(0xed, 0xa0, 0x80),
]
const contentTypes = [
  undefined,
  '',
  'application/json',
  'application/json; charset=\u00fftf-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  ';;;',
  'a'.repeat(10_000),
]
const ids = ['id', '', '\u00e9', ':'.repeat(300), 'z'.repeat(1_000_000), '__proto__']

/** As a host might pass them that checks nothing. */
function headersOf(fields: Readonly<Record<string, string>>): IncomingParts['headers'] {
  const map = new Map(Object.entries(fields))
  return { get: (name) => map.get(name) ?? null, [Symbol.iterator]: () => map[Symbol.iterator]() }
}

const now = Date.UTC(2026, 0, 1)
const seconds = now / 1000
const base64 = (body: string | Uint8Array) =>
  createHmac('sha256', SECRET).update(body).digest('base64')
const withTime = (body: string | Uint8Array, before: string) =>
  hexHmac([bytesOf(before), bytesOf(body)])

/** What makes a body genuine for each of the senders at once. */
function signatures(body: string | Uint8Array): Record<string, string> {
  return {
    'x-acme-signature': hexHmac(body),
    'x-hub-signature-256': `sha256=${hexHmac(body)}`,
    'stripe-signature': `t=${seconds},v1=${withTime(body, `${seconds}.`)}`,
    'x-slack-request-timestamp': String(seconds),
    'x-slack-signature': `v0=${withTime(body, `v0:${seconds}:`)}`,
    'x-zm-request-timestamp': String(seconds),
    'x-zm-signature': `v0=${withTime(body, `v0:${seconds}:`)}`,
    'x-shopify-hmac-sha256': base64(body),
    'x-twitter-webhooks-signature': `sha256=${base64(body)}`,
  }
}

const silent = { onDelivery() {} }
/** Looks at everything that may have to be worked out. */
const look = (event: object, context: object) => {
  for (const key of ['type', 'id', 'data', 'timestamp', 'key']) void Reflect.get(event, key)
  for (const key of ['attempt', 'deadline', 'signal', 'rawBody', 'params', 'request'])
    void Reflect.get(context, key)
}
const endpoint = (provider: unknown): WebhookHandler =>
  createWebhookHandler({
    provider: provider as ReturnType<typeof acme>,
    on: { '*': look, toString: look },
    telemetry: silent,
    clock: () => now,
  })

const secret = SECRET
const handler = mount({
  '/acme': endpoint(acme()),
  '/batches': endpoint(acmeBatches()),
  '/github': endpoint(github({ secret })),
  '/meta': endpoint(meta({ secret, verifyToken: 'token' })),
  '/shopify': endpoint(shopify({ secret })),
  '/slack': endpoint(slack({ secret })),
  '/stripe': endpoint(stripe({ secret })),
  '/x': endpoint(x({ secret })),
  '/zoom/:tenant': endpoint(zoom({ secret })),
})
const paths = [
  '/acme',
  '/batches',
  '/github',
  '/meta',
  '/shopify',
  '/slack',
  '/stripe',
  '/x',
  '/zoom/%00',
]

const targets = [
  '/',
  '//',
  '/%',
  '/zoom/%',
  '/zoom/%E0%A4%A',
  '/\u0000',
  '',
  '?',
  '*',
  'http://[::1/x',
  '/github?' + 'a=b&'.repeat(100_000),
  '/' + 'a/'.repeat(100_000),
]
const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', '', 'post', 'P\r\nOST', '__proto__']

const queue: IncomingParts[] = []
function add(parts: Partial<IncomingParts> & { body?: string | Uint8Array }): void {
  const { body = '', ...rest } = parts
  queue.push({
    method: 'POST',
    origin: ORIGIN,
    target: '/github',
    headers: headersOf(signatures(body)),
    readBody: () => bytesOf(body),
    ...rest,
  })
}

for (const [at, body] of bodies.entries()) {
  const signed = signatures(body)
  for (const target of paths) {
    const contentType = contentTypes[(at + target.length) % contentTypes.length]
    for (const type of new Set([contentType, 'application/json'])) {
      const id = ids[(at + target.length) % ids.length]!
      const names = {
        'x-acme-id': id,
        'x-github-delivery': id,
        'x-github-event': id,
        'x-shopify-topic': id,
      }
      add({
        target,
        body,
        headers: headersOf({
          ...signed,
          ...names,
          ...(type !== undefined && { 'content-type': type }),
        }),
      })
    }
    add({ target, body, headers: headersOf({}) })
  }
}
for (const target of targets) add({ target })
for (const method of methods) for (const target of paths) add({ method, target })
add({
  headers: headersOf(
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, 'x'.repeat(1000)])),
  ),
})
for (const name of Object.keys(signatures(''))) {
  for (const value of [
    '',
    ' ',
    '=',
    ',',
    ',,,,',
    't=,v1=',
    'v0=',
    '\u0000',
    ','.repeat(1_000_000),
    'v1=a,'.repeat(200_000),
    'sha256='.repeat(100_000),
  ]) {
    for (const target of paths)
      add({ target, headers: headersOf({ ...signatures(''), [name]: value }) })
  }
}
// Hosts that misbehave.
add({ readBody: () => Promise.reject(new Error('gone')) })
add({
  readBody: () => {
    throw new TypeError('gone')
  },
})
add({ readBody: () => undefined as unknown as Uint8Array })
add({
  headers: {
    get: () => {
      throw new Error('no headers')
    },
    *[Symbol.iterator]() {},
  },
})

const statuses = new Set<number>()
const startedAt = performance.now()
let answered = 0
for (const parts of queue) {
  const patience = setTimeout(() => fail('hangs', parts.target), 20_000)
  const { status } = await handler.receive(parts, { platformTimeoutSeconds: 5 })
  clearTimeout(patience)
  statuses.add(status)
  answered++
}
// Effects that fail in every odd way, at once and later.
const odd = [
  undefined,
  null,
  0,
  '',
  Symbol('x'),
  Object.create(null),
  { name: 'WebhookError', code: 'ERR_MADE_UP' },
  // oxlint-disable-next-line unicorn/no-thenable
  { then: 1 },
  {
    get message(): string {
      throw new Error('inner')
    },
  },
  { toString: () => ({}) },
]
for (const thrown of odd) {
  const failing = [
    () => {
      throw thrown
    },
    () => Promise.reject(thrown),
    async () => {
      await Promise.resolve()
      throw thrown
    },
  ]
  for (const effect of failing) {
    const body = '{"type":"x"}'
    const one = createWebhookHandler({ provider: acme(), on: { '*': effect }, telemetry: silent })
    const { status } = await one.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: headersOf(signatures(body)),
      readBody: () => bytesOf(body),
    })
    if (status !== 503) fail(`answered ${status} for`, thrown)
    answered++
  }
}
await new Promise((resolve) => setTimeout(resolve, 20)) // for rejections that nobody waits for
const total = queue.length + odd.length * 3
console.log(
  `answered ${answered} of ${total}, all in one of ${[...statuses].toSorted((a, b) => a - b).join(' ')} in ${Math.round(performance.now() - startedAt)} ms`,
)
if ([...statuses].some((status) => ![200, 400, 401, 403, 404, 405, 413, 415, 503].includes(status)))
  fail('statuses', statuses)
