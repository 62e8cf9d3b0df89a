/** When keys are downloaded and when not, and what is made of the downloads. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fetch } from '../../src/lib/download.ts'
import {
  createKeyDirectory,
  type KeyDirectoryOptions,
  type KeyQuery,
} from '../../src/lib/key-directory.ts'

const URL_1 = 'https://keys.example.com/1'
const URL_2 = 'https://keys.example.com/2'
const UNKNOWN = 'ERR_KEY_UNKNOWN'
const UNAVAILABLE = 'ERR_SECRET_UNAVAILABLE'

/** A directory whose documents are a list of ids, with a clock and a log of what was fetched. */
function setUp(options: Partial<KeyDirectoryOptions<string>> = {}) {
  const state = {
    now: 1_000_000,
    fetched: [] as string[],
    answer: async (_url: string): Promise<Response> => new Response('a b'),
  }
  const fetch: Fetch = (url) => {
    state.fetched.push(url)
    return state.answer(url)
  }
  const directory = createKeyDirectory<string>({
    urls: { hosts: ['keys.example.com'] },
    parse: (body) =>
      new TextDecoder()
        .decode(body)
        .split(' ')
        .filter(Boolean)
        .map((kid) => ({ kid, key: `key ${kid}` })),
    fetch,
    now: () => state.now,
    ...options,
  })
  const find = async (query: Partial<KeyQuery> = {}): Promise<unknown> => {
    try {
      return await directory.find({ url: URL_1, ...query })
    } catch (error) {
      return (error as { code?: string }).code ?? error
    }
  }
  /** Seconds after which a failed search is worth another one. */
  const wait = async (query: Partial<KeyQuery> = {}): Promise<unknown> => {
    try {
      return await directory.find({ url: URL_1, ...query })
    } catch (error) {
      return (error as { retryAfterSeconds?: number }).retryAfterSeconds
    }
  }
  return { state, find, wait }
}

const after = (seconds: number) => seconds * 1000

describe('keys', () => {
  test('are found by their id, or all of them', async () => {
    const { find } = setUp()
    expect(await find({ kid: 'b' })).toEqual(['key b'])
    expect(await find()).toEqual(['key a', 'key b'])
  })

  test('are downloaded once for all who ask at the same time, and kept for an hour', async () => {
    const { state, find } = setUp()
    await Promise.all(Array.from({ length: 20 }, () => find({ kid: 'a' })))
    state.now += after(3599)
    await find({ kid: 'a' })
    expect(state.fetched).toEqual([URL_1])
    state.now += after(1)
    state.answer = async () => new Response('a2')
    expect(await find()).toEqual(['key a2'])
    expect(state.fetched).toEqual([URL_1, URL_1])
  })

  test('are kept for each URL by itself', async () => {
    const { state, find } = setUp()
    state.answer = async (url) => new Response(url === URL_1 ? 'a' : 'b')
    expect([await find(), await find({ url: URL_2 }), await find()]).toEqual([
      ['key a'],
      ['key b'],
      ['key a'],
    ])
    expect(state.fetched).toEqual([URL_1, URL_2])
  })

  test('are kept a day at most', async () => {
    const { state, find } = setUp({ ttlSeconds: 1e9 })
    await find()
    state.now += after(86_400)
    await find()
    expect(state.fetched).toHaveLength(2)
  })
})

describe('keys of which none fits', () => {
  test('are renewed, once in a minute', async () => {
    const { state, find } = setUp()
    await find()
    state.answer = async () => new Response('c')
    expect(await find({ renew: true })).toEqual(['key a', 'key b'])
    expect(state.fetched).toHaveLength(1)
    state.now += after(60)
    expect(await find()).toEqual(['key a', 'key b'])
    await Promise.all(Array.from({ length: 50 }, () => find({ renew: true })))
    expect(await find({ renew: true })).toEqual(['key c'])
    expect(state.fetched).toHaveLength(2)
  })

  test('are kept while downloads fail', async () => {
    const { state, find } = setUp()
    await find()
    state.now += after(60)
    state.answer = async () => new Response('', { status: 500 })
    expect(await find({ renew: true })).toEqual(['key a', 'key b'])
  })
})

describe('an unknown id', () => {
  test('is refused after a fresh download alone, which all who wait share', async () => {
    const { state, find } = setUp()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => find({ kid: `made-up-${i}` })),
    )
    expect(new Set(answers)).toEqual(new Set([UNKNOWN]))
    expect(state.fetched).toHaveLength(1)
  })

  test('can not be decided on until the next download, one in a minute', async () => {
    const { state, find } = setUp()
    await find()
    for (let i = 0; i < 50; i++) expect(await find({ kid: `made-up-${i}` })).toBe(UNAVAILABLE)
    expect(state.fetched).toHaveLength(1)
    state.now += after(60)
    expect(await find({ kid: 'made-up-50' })).toBe(UNKNOWN)
    expect(await find({ kid: 'made-up-50' })).toBe(UNAVAILABLE)
    expect(state.fetched).toHaveLength(2)
  })

  test('of a rotated key is not lost to a made-up one that came just before', async () => {
    const { state, find, wait } = setUp()
    expect(await find({ kid: 'made-up' })).toBe(UNKNOWN)
    state.answer = async () => new Response('b c')
    state.now += after(20.5)
    expect(await find({ kid: 'c' })).toBe(UNAVAILABLE)
    const seconds = await wait({ kid: 'c' })
    expect(seconds).toBe(40)
    state.now += after(seconds as number)
    expect(await find({ kid: 'c' })).toEqual(['key c'])
  })

  test('is found if the keys were rotated', async () => {
    const { state, find } = setUp()
    await find()
    state.answer = async () => new Response('c')
    state.now += after(60)
    expect(await find({ kid: 'c' })).toEqual(['key c'])
    expect(await find({ kid: 'a' })).toBe(UNAVAILABLE)
  })

  test('can not be decided while downloads fail, and a known one can', async () => {
    const { state, find } = setUp()
    await find()
    state.now += after(60)
    state.answer = async () => new Response('', { status: 500 })
    expect(await find({ kid: 'c' })).toBe(UNAVAILABLE)
    expect(await find({ kid: 'c' })).toBe(UNAVAILABLE)
    expect(await find({ kid: 'a' })).toEqual(['key a'])
    expect(state.fetched).toHaveLength(2)
  })
})

describe('a document that is not there', () => {
  const missing = async () => new Response('', { status: 404 })

  test('is an unknown key where the answer says so', async () => {
    const { state, find, wait } = setUp({ absence: 'unknown' })
    state.answer = missing
    expect(await find()).toBe(UNKNOWN)
    expect(await find()).toBe(UNAVAILABLE)
    state.now += after(59)
    expect(await wait()).toBe(1)
    expect(state.fetched).toHaveLength(1)
  })

  test('is one only once it is missed again, where it may be about to appear', async () => {
    const { state, find, wait } = setUp({ absence: 'confirmed' })
    state.answer = missing
    const answers = await Promise.all([find(), find(), find()])
    expect(new Set(answers)).toEqual(new Set([UNAVAILABLE]))
    expect(await wait()).toBe(60)
    expect(state.fetched).toHaveLength(1)
    state.now += after(60)
    expect(await find()).toBe(UNKNOWN)
    expect(await find()).toBe(UNAVAILABLE)
    state.now += after(60)
    state.answer = async () => new Response('a')
    expect(await find()).toEqual(['key a'])
  })

  test('is not confirmed by a download that failed for another reason', async () => {
    const { state, find } = setUp({ absence: 'confirmed' })
    state.answer = async () => new Response('', { status: 500 })
    expect(await find()).toBe(UNAVAILABLE)
    state.now += after(60)
    state.answer = missing
    expect(await find()).toBe(UNAVAILABLE)
  })
})

describe('a failed download', () => {
  test('says when the next one will be', async () => {
    const { state, wait } = setUp()
    state.answer = async () => Promise.reject(new Error('down'))
    expect(await wait()).toBe(60)
    state.now += after(15)
    expect(await wait()).toBe(45)
  })

  test.each<{ name: string; answer: () => Promise<Response> }>([
    { name: 'a server error', answer: async () => new Response('a', { status: 500 }) },
    { name: 'not found', answer: async () => new Response('a', { status: 404 }) },
    { name: 'a redirect', answer: async () => Response.redirect('https://evil.example/', 302) },
    {
      name: 'a redirect that was followed',
      answer: async () => Object.defineProperty(new Response('a'), 'redirected', { value: true }),
    },
    { name: 'a document without keys', answer: async () => new Response('') },
    { name: 'a network error', answer: async () => Promise.reject(new TypeError('no route')) },
    { name: 'too long a document', answer: async () => new Response('x'.repeat(65_537)) },
    { name: 'no answer at all', answer: () => new Promise(() => undefined) },
    {
      name: 'a body that never ends',
      answer: async () => new Response(new ReadableStream({ pull: () => new Promise(() => 0) })),
    },
  ])('by $name asks the sender to retry, and is not repeated for a minute', async ({ answer }) => {
    const { state, find } = setUp({ timeoutMs: 20 })
    state.answer = answer
    expect(await find()).toBe(UNAVAILABLE)
    expect(await find()).toBe(UNAVAILABLE)
    expect(state.fetched).toHaveLength(1)
    state.now += after(60)
    state.answer = async () => new Response('a')
    expect(await find()).toEqual(['key a'])
  })

  test('lets the last keys serve for a day, and no longer', async () => {
    const { state, find } = setUp()
    await find()
    state.answer = async () => Promise.reject(new Error('down'))
    state.now += after(3600)
    expect(await find()).toEqual(['key a', 'key b'])
    expect(await find()).toEqual(['key a', 'key b'])
    expect(state.fetched).toHaveLength(2)
    state.now += after(86_399)
    expect(await find()).toEqual(['key a', 'key b'])
    state.now += after(1)
    expect(await find()).toBe(UNAVAILABLE)
  })

  test('lets nothing serve if it may not', async () => {
    const { state, find } = setUp({ staleSeconds: 0 })
    await find()
    state.answer = async () => Promise.reject(new Error('down'))
    state.now += after(3600)
    expect(await find()).toBe(UNAVAILABLE)
  })

  test('that never settles does not hold later ones up', async () => {
    const { state, find } = setUp({ timeoutMs: 20, negativeTtlSeconds: 0 })
    state.answer = () => new Promise(() => undefined)
    expect(await find()).toBe(UNAVAILABLE)
    state.answer = async () => new Response('a')
    expect(await find()).toEqual(['key a'])
  })
})

describe('a URL', () => {
  test.each([
    'http://keys.example.com/1',
    'https://keys.example.com:8443/1',
    'https://keys.example.com:443/1',
    'https://keys.example.com.evil.example/1',
    'https://evil.example/keys.example.com/1',
    'https://sub.keys.example.com/1',
    'https://user@keys.example.com/1',
    'https://keys.example.com@evil.example/1',
    'https://keys.example.com/1?a=b',
    'https://keys.example.com/1#a',
    'https://keys.example.com/../1',
    'https://keys.example.com\\@evil.example/1',
    'https://KEYS.example.com/1',
    'https:keys.example.com/1',
    ' https://keys.example.com/1',
    'https://keys.example.com/1\n',
    'https://keys.example.com./1',
    'https://keys.example.com/' + 'a'.repeat(3000),
    'keys.example.com/1',
    '',
  ])('%s is not fetched', async (url) => {
    const { state, find } = setUp()
    expect(await find({ url })).toBe(UNKNOWN)
    expect(state.fetched).toEqual([])
  })

  test('is held to patterns as a whole', async () => {
    const { state, find } = setUp({ urls: { hosts: [/a\.example|b\.example/], path: /\/[0-9]+/ } })
    const urls = ['https://a.example/1', 'https://xa.example/1', 'https://b.example/1x']
    expect(await Promise.all(urls.map((url) => find({ url })))).toEqual([
      ['key a', 'key b'],
      UNKNOWN,
      UNKNOWN,
    ])
    expect(state.fetched).toEqual(['https://a.example/1'])
  })

  test('that is made up drives none out that holds keys', async () => {
    const { state, find } = setUp({ maxEntries: 2 })
    await find()
    state.answer = async () => new Response('', { status: 404 })
    for (let i = 10; i < 20; i++) await find({ url: `https://keys.example.com/${i}` })
    expect(await find()).toEqual(['key a', 'key b'])
    expect(state.fetched.filter((url) => url === URL_1)).toHaveLength(1)
  })

  test('is not fetched while too many others are, unless it held keys before', async () => {
    const { state, find } = setUp({ maxDownloads: 2 })
    await find()
    state.now += after(3600)
    const waiting: (() => void)[] = []
    state.answer = () => new Promise((resolve) => waiting.push(() => resolve(new Response('c'))))
    const pending = [10, 11].map((i) => find({ url: `https://keys.example.com/${i}` }))
    expect(await find({ url: 'https://keys.example.com/12' })).toBe(UNAVAILABLE)
    pending.push(find())
    for (const answer of waiting) answer()
    expect(await Promise.all(pending)).toEqual([['key c'], ['key c'], ['key c']])
    expect(state.fetched).toHaveLength(4)
    // And it is, once there is room.
    state.answer = async () => new Response('d')
    expect(await find({ url: 'https://keys.example.com/12' })).toEqual(['key d'])
  })
})

describe('options', () => {
  test.each<Partial<KeyDirectoryOptions<string>>>([
    { urls: { hosts: [] } },
    { ttlSeconds: 0 },
    { timeoutMs: -1 },
    { maxBytes: NaN },
    { negativeTtlSeconds: -1 },
  ])('%o are refused', (options) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })
})

describe('over a socket', () => {
  let server: Server
  let origin = ''
  let requests = 0
  const answers: Record<string, RequestListener> = {
    '/keys': (_request, response) => response.end('a b'),
    '/redirect': (_request, response) => response.writeHead(302, { location: '/keys' }).end('a b'),
    '/slow': (_request, response) => response.write('a '),
    '/large': (_request, response) => response.end('x'.repeat(100_000)),
  }

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++
      answers[request.url!]?.(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test.each([
    { path: '/keys', expected: ['key a', 'key b'] },
    { path: '/redirect', expected: UNAVAILABLE },
    { path: '/slow', expected: UNAVAILABLE },
    { path: '/large', expected: UNAVAILABLE },
  ])('$path', async ({ path, expected }) => {
    const before = requests
    const { find } = setUp({
      timeoutMs: path === '/slow' ? 100 : 2000,
      fetch: (url, init) => fetch(url.replace('https://keys.example.com', origin), init),
    })
    expect(await find({ url: `https://keys.example.com${path}` })).toEqual(expected)
    expect(requests - before).toBe(1)
  })
})
