import { createWebhookHandler, defineProvider, type Provider } from 'webhook-target'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { describe, expect, test, vi } from 'vitest'
import { run } from '../examples/child.ts'
import {
  bytesOf,
  exchange,
  fetchDoor,
  ORIGIN,
  partsDoor,
  toRequest,
  streamed,
} from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, hexHmac, SECRET, untyped } from '../support/senders.ts'

const withScheme = (verify: Provider['verify']) => defineProvider({ name: 'acme', verify })
const time = String(Math.floor(Date.now() / 1000))
const stale = String(Math.floor(Date.now() / 1000) - 100_000)
const hex = 'a'.repeat(64)

/** Heads that show by themselves that the delivery is to be refused. */
const HEADS: readonly [
  name: string,
  provider: Provider,
  headers: Record<string, string>,
  status: number,
][] = [
  ['github without a signature', untyped(github({ secret: SECRET })), {}, 401],
  [
    'github with a malformed one',
    untyped(github({ secret: SECRET })),
    { 'x-hub-signature-256': 'x' },
    401,
  ],
  ['shopify without a signature', shopify({ secret: SECRET }), {}, 401],
  ['stripe without a signature', stripe({ secret: SECRET }), {}, 401],
  [
    'stripe of long ago',
    stripe({ secret: SECRET }),
    { 'stripe-signature': `t=${stale},v1=${hex}` },
    401,
  ],
  [
    'slack of long ago',
    slack({ secret: SECRET }),
    { 'x-slack-request-timestamp': stale, 'x-slack-signature': `v0=${hex}` },
    401,
  ],
  ['zoom without a timestamp', zoom({ secret: SECRET }), { 'x-zm-signature': `v0=${hex}` }, 401],
  ['x without a signature', x({ secret: SECRET }), {}, 401],
  [
    'discord without a timestamp',
    discord({ publicKey: hex, mode: 'interactions' }),
    { 'x-signature-ed25519': 'a'.repeat(128) },
    401,
  ],
  [
    'standard-webhooks without an id',
    standardWebhooks({ secret: bytesOf(SECRET) }),
    { 'webhook-timestamp': time, 'webhook-signature': `v1,${'A'.repeat(43)}=` },
    401,
  ],
  [
    'a wrong token',
    withScheme(sharedSecret({ header: 'x-token', secret: SECRET })),
    { 'x-token': 'wrong' },
    401,
  ],
  [
    'a wrong bearer',
    withScheme(sharedSecret({ bearer: true, secret: SECRET })),
    { authorization: 'Bearer x' },
    401,
  ],
  [
    'a wrong password',
    withScheme(basicAuth({ username: 'u', secret: SECRET })),
    { authorization: 'Basic dTpw' },
    401,
  ],
  ['no token in the query', withScheme(sharedSecret({ query: 'token', secret: SECRET })), {}, 401],
  [
    'an encoding',
    untyped(github({ secret: SECRET })),
    { ...fromGitHub().headers, 'content-encoding': 'gzip' },
    415,
  ],
  [
    'a length over the limit',
    untyped(github({ secret: SECRET })),
    { ...fromGitHub().headers, 'content-length': '100000000000' },
    413,
  ],
]

describe('the body comes last', () => {
  test.each(HEADS)('H19 not a byte is read for %s', async (_, provider, headers, status) => {
    const handler = createWebhookHandler({ provider, on: {}, telemetry: silent })
    const readBody = vi.fn(() => new Uint8Array())
    const fields = new Headers(headers)
    const reply = await handler.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: fields,
      readBody,
    })
    expect(reply).toMatchObject({ status, body: null })
    expect(readBody).not.toHaveBeenCalled()
  })

  test.each(HEADS)('H19 nor by the Fetch door, for %s', async (_, provider, headers, status) => {
    const handler = createWebhookHandler({ provider, on: {}, telemetry: silent })
    const pull = vi.fn()
    // With no room in its queue, a stream is asked only by a reader.
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const request = streamed(headers, body)
    expect((await handler(request)).status).toBe(status)
    expect(pull).not.toHaveBeenCalled()
  })

  test('H19 another method is refused by its head', async () => {
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {},
      telemetry: silent,
    })
    const readBody = vi.fn(() => new Uint8Array())
    const reply = await handler.receive({
      method: 'PUT',
      origin: ORIGIN,
      target: '/',
      headers: new Headers(),
      readBody,
    })
    expect(reply.status).toBe(405)
    expect(readBody).not.toHaveBeenCalled()
  })

  test('H19 where a question may be in an unsigned body, 16 KiB of it are read at most', async () => {
    const handler = createWebhookHandler({
      provider: slack({ secret: SECRET }),
      on: {},
      telemetry: silent,
      limits: { maxBodyBytes: 1e8 },
    })
    const readBody = vi.fn((_maxBytes: number) => bytesOf('ssl_check=0'))
    const reply = await handler.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: new Headers(),
      readBody,
    })
    expect(reply.status).toBe(401)
    for (const [maxBytes] of readBody.mock.calls) expect(maxBytes).toBeLessThanOrEqual(16 * 1024)
  })
})

describe('size', () => {
  const open = () => {
    const effect = vi.fn()
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: { '*': effect },
      limits: { maxBodyBytes: 1000 },
      telemetry: silent,
    })
    return { effect, handler }
  }

  test('H20 a chunked body is counted, and reading stops at the limit', async () => {
    const { effect, handler } = open()
    let pulled = 0
    const cancel = vi.fn()
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new Uint8Array(400))
        },
        cancel,
      },
      { highWaterMark: 0 },
    )
    const { headers = {} } = fromGitHub()
    const request = streamed(headers, body)
    expect((await handler(request)).status).toBe(413)
    expect(pulled).toBe(3)
    expect(cancel).toHaveBeenCalledTimes(1)
    expect(effect).not.toHaveBeenCalled()
  })

  test.each(['0', '5', '-1', 'abc', '', '1e9x', '+5'])(
    'H20 a content-length of %j is not trusted',
    async (length) => {
      const { effect, handler } = open()
      const body = `"${'a'.repeat(2000)}"`
      for (const door of [partsDoor, fetchDoor]) {
        const sent = fromGitHub({ body, headers: { 'content-length': length } })
        expect((await exchange(door, handler, sent)).status).toBe(413)
      }
      expect(effect).not.toHaveBeenCalled()
    },
  )

  test('H20 a body is taken whole or not at all', async () => {
    const { effect, handler } = open()
    const whole = `{"a":"${'a'.repeat(2000)}"}`
    // Signed as if cut at the limit: a receiver that cuts would take it.
    const cut = { 'x-hub-signature-256': `sha256=${hexHmac(whole.slice(0, 1000))}` }
    expect(
      (await exchange(fetchDoor, handler, fromGitHub({ body: whole, headers: cut }))).status,
    ).toBe(413)
    expect(
      (await exchange(partsDoor, handler, fromGitHub({ body: whole, headers: cut }))).status,
    ).toBe(413)
    expect(effect).not.toHaveBeenCalled()
  })

  test('H20 a body that breaks off is no delivery', async () => {
    const { effect, handler } = open()
    const whole = '{"a":1}'
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(bytesOf(whole)),
      pull: (controller) => controller.error(new Error('the sender hung up')),
    })
    const { headers = {} } = fromGitHub({ body: whole })
    const request = streamed(headers, body)
    expect((await handler(request)).status).toBe(400)
    expect(effect).not.toHaveBeenCalled()
  })

  test.each([0, -1, 1.5, NaN, Infinity, '1000'])('H20 a limit of %s is refused', (maxBodyBytes) => {
    expect(() =>
      createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: {},
        limits: { maxBodyBytes: maxBodyBytes as number },
      }),
    ).toThrow(TypeError)
  })
})

describe('parsing', () => {
  async function parse(body: string, contentType: string): Promise<unknown> {
    let data: unknown
    const handler = createWebhookHandler({
      provider: acme({ event: {} }),
      on: { webhook: (event) => void (data = event.data) },
    })
    await exchange(fetchDoor, handler, fromAcme({ body, headers: { 'content-type': contentType } }))
    return data
  }
  const FORM = 'application/x-www-form-urlencoded'

  test.each([
    ['a form', '__proto__=1&__proto__[polluted]=1&constructor[prototype][polluted]=1&a=1', FORM],
    [
      'JSON',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1}',
      'application/json',
    ],
  ])('H21 %s pollutes no prototype', async (_, body, contentType) => {
    const data = (await parse(body, contentType)) as Record<string, unknown>
    expect(data['a']).toBeTruthy()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(data['polluted']).toBeUndefined()
    expect(Object.keys(data)).toContain('__proto__')
  })

  test('H21 names of a form stay names', async () => {
    const data = await parse('a[b][c]=1&a.b=2&a[]=3&hasOwnProperty=4', FORM)
    expect(Object.keys(data as object)).toEqual(['a[b][c]', 'a.b', 'a[]', 'hasOwnProperty'])
  })

  test('H21 a member by its path never ends in a prototype', async () => {
    const types: string[] = []
    for (const path of ['__proto__.toString', 'constructor.name', 'list.length', 'text.length']) {
      const { member } = await import('webhook-target')
      const handler = createWebhookHandler({
        provider: acme({ event: { type: member(path) } }),
        on: { '*': ({ type }) => void types.push(type) },
      })
      await exchange(fetchDoor, handler, fromAcme({ body: '{"text":"abc","list":[1]}' }))
    }
    // The length of a list is a member of its own; the rest is inherited.
    expect(types.filter((type) => type !== '1')).toEqual(['unknown', 'unknown', 'unknown'])
  })

  test('H21 parsing takes time by length, not by shape', async () => {
    // What looks at a body again for each of its parts would not be done in the time a test may take.
    const size = 100_000
    const bodies: readonly [string, string][] = [
      ['['.repeat(size) + ']'.repeat(size), 'application/json'],
      ['{"a":'.repeat(size / 10) + '1' + '}'.repeat(size / 10), 'application/json'],
      ['a=1&'.repeat(size), FORM],
      ['&'.repeat(size), FORM],
      ['%'.repeat(size), FORM],
      [' '.repeat(size), 'text/plain'],
    ]
    for (const [body, contentType] of bodies) await parse(body, contentType)
  })

  test.each([
    'gzip',
    'x-gzip',
    'deflate',
    'br',
    'zstd',
    'compress',
    'identity, gzip',
    'gzip,'.repeat(1000) + 'gzip',
    '',
    'GZIP',
    '*',
  ])('H22 Content-Encoding %.20j is refused, and nothing inflated', async (encoding) => {
    const effect = vi.fn()
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: { '*': effect },
      telemetry: silent,
    })
    const inflate = vi.spyOn(globalThis, 'DecompressionStream')
    const sent = fromGitHub({ headers: { 'content-encoding': encoding } })
    expect((await exchange(fetchDoor, handler, sent)).status).toBe(415)
    expect(inflate).not.toHaveBeenCalled()
    expect(effect).not.toHaveBeenCalled()
    inflate.mockRestore()
  })
})

describe('odd input', () => {
  test(
    'H23 in a process of its own, nothing ends it and nothing is left hanging',
    { timeout: 60_000 },
    async () => {
      const child = run('test/hazards/odd-input-process.ts')
      const [, answered] = await child.printed(/answered (\d+) of \1, all in one of/)
      expect(Number(answered)).toBeGreaterThan(200)
      expect(await child.exit).toBe(0)
      expect(child.output()).not.toMatch(/uncaught|unhandled/i)
    },
  )

  test('H23 a request whose body something has read is no crash', async () => {
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {},
      telemetry: silent,
    })
    const request = toRequest(fromGitHub())
    await request.text()
    expect((await handler(request)).status).toBe(500)
    const locked = toRequest(fromGitHub())
    locked.body!.getReader()
    expect((await handler(locked)).status).toBeGreaterThanOrEqual(500)
  })
})
