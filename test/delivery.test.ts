import { createWebhookHandler, header, query } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { bytesOf, exchange, fetchDoor, ORIGIN, partsDoor } from './support/doors.ts'
import { silent } from './support/reports.ts'
import { acme, fromAcme } from './support/senders.ts'

/** What extractors are given: the delivery as the stages see it. */
async function urlOf(door: typeof fetchDoor, path: string, publicUrl?: string) {
  const seen: string[] = []
  const handler = createWebhookHandler({
    provider: acme({
      event: { type: ({ delivery }) => void seen.push(delivery.url) },
    }),
    on: { '*': ({ type }) => void type },
    dedupe: false,
    ...(publicUrl !== undefined && { publicUrl }),
  })
  expect((await exchange(door, handler, fromAcme({ path }))).status).toBe(200)
  return seen[0]
}

describe('the URL', () => {
  test.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/?a=b&a=%20+', '/?a=b&a=%20+'],
    ['/%41%2f', '/%41%2f'],
    ['/a//b', '/a//b'],
  ])('%s stays as it is, byte for byte', async (path, expected) => {
    for (const door of [fetchDoor, partsDoor]) {
      expect(await urlOf(door, path)).toBe(ORIGIN + expected)
    }
  })

  test.each([
    ['https://example.com', '/a?b=1', 'https://example.com/a?b=1'],
    ['https://example.com/', '/a?b=1', 'https://example.com/a?b=1'],
    ['https://example.com/hook', '/a?b=1', 'https://example.com/hook?b=1'],
    ['https://example.com/hook', '/a', 'https://example.com/hook'],
    ['https://user:word@example.com:8443/hook', '/a', 'https://user:word@example.com:8443/hook'],
  ])('with publicUrl %s, %s is %s', async (publicUrl, path, expected) => {
    for (const door of [fetchDoor, partsDoor]) {
      expect(await urlOf(door, path, publicUrl)).toBe(expected)
    }
  })

  test('a Fetch URL without a path, or with a fragment', async () => {
    const seen: string[] = []
    const handler = createWebhookHandler({
      provider: acme({
        event: { type: ({ delivery }) => void seen.push(delivery.url) },
      }),
      on: { '*': ({ type }) => void type },
      dedupe: false,
    })
    const { headers, body } = fromAcme()
    for (const url of [
      'https://example.com',
      'https://example.com?a=b',
      'https://[::1]:8080/x#y',
    ]) {
      // Some runtimes give URLs that were never normalized.
      const request = {
        url,
        method: 'POST',
        headers: new Headers({ ...headers, 'x-acme-id': url.slice(8) }),
        bodyUsed: false,
        body: new Response(body as string).body,
      }
      expect((await handler(request as unknown as Request)).status).toBe(200)
    }
    expect(seen.map((url) => new URL(url).origin)).toEqual([
      'https://example.com',
      'https://example.com',
      'https://[::1]:8080',
    ])
  })
})

test('header() and query() read what was sent, and take empty for absent', async () => {
  const seen: (string | undefined)[][] = []
  const handler = createWebhookHandler({
    provider: acme({ event: { id: header('X-Acme-Id'), type: query('type') } }),
    on: { '*': ({ id, type }) => void seen.push([id, type]) },
    dedupe: false,
  })
  const send = async (path: string, id: string) =>
    exchange(partsDoor, handler, fromAcme({ path, id }))
  await send('/?type=a&type=b', 'one')
  await send('/', '')
  expect(seen).toEqual([
    ['one', 'a'],
    [undefined, 'unknown'],
  ])
})

test('a host’s body that is too long is refused, though the host did not count', async () => {
  const handler = createWebhookHandler({
    provider: acme(),
    on: {},
    limits: { maxBodyBytes: 10 },
    telemetry: silent,
  })
  const { headers } = fromAcme({ body: 'x'.repeat(11) })
  const reply = await handler.receive({
    method: 'POST',
    origin: ORIGIN,
    target: '/',
    headers: new Headers(headers),
    readBody: () => bytesOf('x'.repeat(11)),
  })
  expect(reply.status).toBe(413)
})
