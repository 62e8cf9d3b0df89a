/** What an option, a hook or a secret store of the user's can do wrong without taking the endpoint down. */
import {
  createWebhookHandler,
  defineProvider,
  type DeliveryReport,
  type Scheme,
} from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { stripe } from 'webhook-target/providers/stripe'
import { anyOf } from 'webhook-target/schemes/any-of'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { unauthenticated } from 'webhook-target/schemes/unauthenticated'
import { sign } from 'webhook-target/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

const URL = 'https://hooks.example.com/'
const open = unauthenticated({ reason: 'the subject is what comes after it' })
const post = (body: string, headers: Record<string, string> = {}) =>
  new Request(URL, { method: 'POST', body, headers })

afterEach(() => vi.useRealTimers())

describe('a secret that is only a label throws at creation', () => {
  test.each(['whsec_', 'sha256=', 'v0=', 'sk_', '\0', '\u200B'])('%j', (secret) => {
    const empty = expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error
    expect(() => stripe({ secret })).toThrow(empty)
    expect(() => github({ secret })).toThrow(empty)
    expect(() => hmac({ secret, header: 'x-signature' })).toThrow(empty)
  })
})

test('an async hook that rejects changes nothing and ends nothing', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const handler = createWebhookHandler({
    provider: defineProvider({ name: 'any', verify: open }),
    on: {},
    telemetry: { onDelivery: async () => Promise.reject(new Error('the log is down')) },
  })
  expect((await handler(post('{}'))).status).toBe(200)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

test('a secret store that hangs is a 503 before the deadline', async () => {
  vi.useFakeTimers()
  const reports: DeliveryReport[] = []
  const handler = createWebhookHandler({
    provider: github({ secret: () => new Promise<string>(() => undefined) }),
    on: {},
    telemetry: { onDelivery: (report) => void reports.push(report) },
  })
  const answer = handler(post('{}', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }))
  await vi.advanceTimersByTimeAsync(9999)
  expect((await answer).status).toBe(503)
  expect(reports[0]?.error?.code).toBe('ERR_SECRET_UNAVAILABLE')
})

test('a secret function that says null knows no such tenant', async () => {
  const secret = (() => null) as unknown as () => undefined
  const handler = createWebhookHandler({
    provider: defineProvider({ name: 'any', verify: sharedSecret({ header: 'x-token', secret }) }),
    on: {},
    telemetry: {},
  })
  expect((await handler(post('{}', { 'x-token': 'any' }))).status).toBe(401)
})

test('context.request has no credentials of publicUrl', async () => {
  let url: string | undefined
  const handler = createWebhookHandler({
    provider: defineProvider({ name: 'any', verify: open }),
    publicUrl: 'https://user:pass@example.com',
    on: { '*': (_event, { request }) => void (url = request.url) },
  })
  expect((await handler(post('{}'))).status).toBe(200)
  expect(url).toBe('https://example.com/')
})

test('context.deadline counts the time that was waited', async () => {
  let deadline = 0
  const handler = createWebhookHandler({
    provider: defineProvider({ name: 'any', verify: open, acknowledge: { deadlineSeconds: 10 } }),
    clock: () => 1_000_000,
    on: { '*': (_event, context) => void (deadline = context.deadline) },
  })
  const parts = { method: 'POST', origin: 'https://hooks.example.com', target: '/' }
  const arrivedAt = performance.now() - 4000
  const headers = new Headers()
  await handler.receive({ ...parts, headers, arrivedAt, readBody: () => new Uint8Array() })
  expect(deadline).toBeGreaterThan(1_000_000 + 1000)
  expect(deadline).toBeLessThanOrEqual(1_000_000 + 5000)
})

describe('anyOf with credentials in the body', () => {
  const [one, other] = ['first-secret', 'second-secret']
  const provider = (...schemes: readonly Scheme[]) =>
    defineProvider({ name: 'any', verify: anyOf(...schemes) })
  const json = { 'content-type': 'application/json' }
  const deliver = async (schemes: readonly Scheme[], request: Request) => {
    const handler = createWebhookHandler({
      provider: provider(...schemes),
      on: {},
      telemetry: {},
    })
    return (await handler(request)).status
  }
  const member = sharedSecret({ member: 'a', secret: one })
  const later = sharedSecret({ member: 'b', secret: other })
  const header = sharedSecret({ header: 'x-token', secret: other })

  test.each([
    { name: 'a later scheme in the head', with: [member, header], body: {}, token: other, is: 200 },
    { name: 'a later one in the body', with: [member, later], body: { b: other }, is: 200 },
    { name: 'the first in the body', with: [member, later], body: { a: one }, is: 200 },
    {
      name: 'a wrong first beside a right later',
      with: [member, later],
      body: { a: 'x', b: other },
      is: 401,
    },
    {
      name: 'a wrong one in the head',
      with: [member, header],
      body: { a: one },
      token: 'x',
      is: 401,
    },
    { name: 'none', with: [member, later], body: {}, is: 401 },
  ])('$name', async ({ with: schemes, body, token, is }) => {
    const headers = token === undefined ? json : { ...json, 'x-token': token }
    expect(await deliver(schemes, post(JSON.stringify(body), headers))).toBe(is)
  })

  test('signs with the first', async () => {
    const request = await sign(provider(member, header), { url: URL, headers: json, body: {} })
    expect(await deliver([member, header], request)).toBe(200)
  })
})
