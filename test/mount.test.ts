import { createWebhookHandler, mount, type WebhookHandler } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { exchange, fetchDoor, partsDoor } from './support/doors.ts'
import { silent } from './support/reports.ts'
import { acme, fromAcme } from './support/senders.ts'

const endpoint = (seen: string[] = [], name = '') =>
  createWebhookHandler({
    provider: acme(),
    on: { '*': (_event, { params }) => void seen.push(`${name} ${JSON.stringify(params)}`) },
    dedupe: false,
    telemetry: silent,
  })

describe('paths', () => {
  test.each([
    ['/a', '/a a {}'],
    ['/a?b=c', '/a a {}'],
    ['/a/b', '/a/:x {"x":"b"}'],
    ['/a/fixed', '/a/fixed {}'],
    ['/a/b/c', '/a/:x/:y {"x":"b","y":"c"}'],
    ['/a/b/end', '/a/:x/end {"x":"b"}'],
    ['/a/%C3%BC', '/a/:x {"x":"ü"}'],
    ['/a/b%2Fc', '/a/:x {"x":"b/c"}'],
    ['/a/__proto__', '/a/:x {"x":"__proto__"}'],
    ['/', 'root {}'],
    ['/?a=/a', 'root {}'],
  ])('%s goes to %s', async (path, expected) => {
    const seen: string[] = []
    const handler = mount({
      '/': endpoint(seen, 'root'),
      '/a/:x/:y': endpoint(seen, '/a/:x/:y'),
      '/a/:x/end': endpoint(seen, '/a/:x/end'),
      '/a/:x': endpoint(seen, '/a/:x'),
      '/a/fixed': endpoint(seen, '/a/fixed'),
      '/a': endpoint(seen, '/a a'),
    })
    for (const door of [fetchDoor, partsDoor]) {
      expect((await exchange(door, handler, fromAcme({ path }))).status).toBe(200)
    }
    expect(seen).toEqual([expected, expected])
  })

  test.each([
    '/b',
    '/a/',
    '//a',
    '/A',
    '/a/b/c/d',
    '/a//',
    '/a/%',
    '/a/%C3',
    '/a%2Fb',
    '/a;x',
    '/a/b/',
  ])('%s is 404, with nothing in it', async (path) => {
    const handler = mount({ '/a': endpoint(), '/a/:x': endpoint(), '/a/:x/:y': endpoint() })
    for (const door of [fetchDoor, partsDoor]) {
      expect(await exchange(door, handler, fromAcme({ path }))).toMatchObject({
        status: 404,
        body: '',
      })
    }
  })

  test('an unknown path is 404 before anything else is looked at', async () => {
    const handler = mount({ '/a': endpoint() })
    expect((await exchange(fetchDoor, handler, { method: 'GET', path: '/b' })).status).toBe(404)
    expect((await exchange(fetchDoor, handler, { method: 'GET', path: '/a' })).status).toBe(405)
  })

  test.each([
    ['/a/b', '/a/:x'],
    ['/c/b', '/:y/b'],
    ['/c/d', '/:y/:x'],
    ['/a/b/c', '/a/b/:z'],
    ['/a/q/c', '/a/:x/c'],
    ['/z/b/c', '/:y/b/c'],
    ['/a/b/d', '/a/b/:z'],
  ])('of several paths with as many fixed segments, %s goes to %s', async (path, expected) => {
    const seen: string[] = []
    const patterns = ['/:y/:x', '/:y/b', '/a/:x', '/:y/b/c', '/a/:x/c', '/a/b/:z']
    for (const order of [patterns, patterns.toReversed()]) {
      const handler = mount(
        Object.fromEntries(order.map((pattern) => [pattern, endpoint(seen, pattern)])),
      )
      expect((await exchange(partsDoor, handler, fromAcme({ path }))).status).toBe(200)
      expect(seen.pop()?.split(' ')[0]).toBe(expected)
    }
  })

  test('what is mounted is a handler again', async () => {
    const seen: string[] = []
    const handler = mount({ '/outer/:x': mount({ '/outer/:y': endpoint(seen) }) })
    expect((await exchange(fetchDoor, handler, fromAcme({ path: '/outer/1' }))).status).toBe(200)
    expect(seen).toEqual([' {"y":"1"}'])
  })
})

describe('mistakes', () => {
  test.each([
    'a',
    '',
    '/a b',
    '/:',
    '/:1',
    '/a?b',
    '/a#b',
    '/*',
    '/a/:x.json',
    'https://example.com/a',
    '/:x:y',
  ])('the path %j is refused', (path) => {
    expect(() => mount({ [path]: endpoint() })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }),
    )
  })

  test('two paths that can not be told apart are refused', () => {
    expect(() => mount({ '/a/:x': endpoint(), '/a/:y': endpoint() })).toThrow(/told apart/)
  })

  test.each(['/:t/:t', '/a/:x/b/:x'])('%s has a parameter twice', (path) => {
    expect(() => mount({ [path]: endpoint() })).toThrow(/twice/)
  })

  test.each([
    ['/outer', '/inner'],
    ['/outer', '/outer/inner'],
    ['/outer/:x', '/outer'],
    ['/outer/:x', '/other/:x'],
    ['/:x/a', '/:x/b'],
    ['/a', '/'],
  ])('a mount at %s never reaches its %s', (outer, inner) => {
    expect(() => mount({ [outer]: mount({ [outer]: endpoint(), [inner]: endpoint() }) })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }),
    )
  })

  test.each([
    ['/a', '/a'],
    ['/a/:x', '/a/b'],
    ['/a/b', '/a/:x'],
    ['/:x/b', '/a/:y'],
    ['/:x', '/:y'],
  ])('a mount at %s reaches its %s', (outer, inner) => {
    expect(() => mount({ [outer]: mount({ [inner]: endpoint() }) })).not.toThrow()
  })

  test.each([undefined, null, () => new Response(), {}])(
    'what is no handler is refused: %s',
    (handler) => {
      expect(() => mount({ '/a': handler as WebhookHandler })).toThrow(/no webhook handler/)
    },
  )
})
