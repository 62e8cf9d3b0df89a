/** Where the keys of Plaid come from, and how often it is asked for them. */
import { createHash, sign } from 'node:crypto'
import { plaid, type PlaidFetch } from 'webhook-target/providers/plaid'
import { describe, expect, test } from 'vitest'
import { NOW, receive } from './deliver.ts'
import { p256Pair } from './keys.ts'
import { credentials, plaidApi } from './plaid-api.ts'

const [current, other] = [p256Pair(), p256Pair()] as const
const body = '{\n  "webhook_type": "ITEM",\n  "webhook_code": "ERROR"\n}'
const sha256 = createHash('sha256').update(body).digest('hex')
const CLAIMS = { iat: NOW - 10, request_body_sha256: sha256 }

function delivery(kid: string | undefined, claims: object = CLAIMS, alg = 'ES256'): Request {
  const signed = [{ alg, kid, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const key = { key: current.privateKey, dsaEncoding: 'ieee-p1363' } as const
  const signature = sign('sha256', Buffer.from(signed), key).toString('base64url')
  return new Request('https://hooks.example.com/in', {
    method: 'POST',
    headers: { 'plaid-verification': `${signed}.${signature}`, 'content-type': 'application/json' },
    body,
  })
}

/** With the ids that are asked for. */
function create(fetch: PlaidFetch = plaidApi({ 'k-1': current.publicKey }), options: object = {}) {
  const asked: string[] = []
  const watched: PlaidFetch = (url, init) => {
    asked.push((JSON.parse(init.body) as { key_id: string }).key_id)
    return fetch(url, init)
  }
  return { provider: plaid({ ...credentials, ...options, download: { fetch: watched } }), asked }
}

describe('tokens', () => {
  test.each([
    { name: 'of now', claims: CLAIMS, code: undefined },
    { name: 'of five minutes ago', claims: { ...CLAIMS, iat: NOW - 300 }, code: undefined },
    {
      name: 'of more than that',
      claims: { ...CLAIMS, iat: NOW - 301 },
      code: 'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    },
    { name: 'of a clock that is ahead', claims: { ...CLAIMS, iat: NOW + 30 }, code: undefined },
    {
      name: 'without a time',
      claims: { request_body_sha256: sha256 },
      code: 'ERR_TIMESTAMP_MISSING',
    },
    { name: 'without a hash', claims: { iat: NOW }, code: 'ERR_TOKEN_REFUSED' },
    {
      name: 'of another body',
      claims: { ...CLAIMS, request_body_sha256: 'a'.repeat(64) },
      code: 'ERR_SIGNATURE_MISMATCH',
    },
  ])('$name', async ({ claims, code }) => {
    const answer = await receive(create().provider, delivery('k-1', claims))
    expect(answer).toMatchObject({ code, status: code ? 401 : 200 })
  })

  test('of another algorithm are refused before anybody is asked', async () => {
    const { provider, asked } = create()
    for (const alg of ['none', 'HS256', 'RS256', 'ES384']) {
      expect(await receive(provider, delivery('k-1', CLAIMS, alg))).toMatchObject({
        code: 'ERR_SIGNATURE_MALFORMED',
      })
    }
    expect(asked).toEqual([])
  })
})

describe('keys', () => {
  test('are asked for once by their id', async () => {
    const { provider, asked } = create(
      plaidApi({ 'k-1': current.publicKey, 'k-2': current.publicKey }),
    )
    for (const kid of ['k-1', 'k-1', 'k-2', 'k-1']) {
      expect(await receive(provider, delivery(kid, { ...CLAIMS, kid }))).toMatchObject({
        status: 200,
      })
    }
    expect(asked).toEqual(['k-1', 'k-2'])
  })

  test('that are not known are asked for once a minute', async () => {
    const { provider, asked } = create()
    expect(await receive(provider, delivery('k-9'))).toMatchObject({ code: 'ERR_KEY_UNKNOWN' })
    for (let i = 0; i < 3; i++) {
      const answer = await receive(provider, delivery('k-9'))
      expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE' })
      expect(answer.headers['retry-after']).toMatch(/^(59|60)$/)
    }
    expect(asked).toEqual(['k-9'])
  })

  test.each([undefined, '', 'a b', '../k-1', 'k-1&key_id=k-2', 'k'.repeat(101)])(
    'of the id %o are not asked for',
    async (kid) => {
      const { provider, asked } = create()
      expect(await receive(provider, delivery(kid))).toMatchObject({ code: 'ERR_KEY_UNKNOWN' })
      expect(asked).toEqual([])
    },
  )

  test('made-up ids do not make us call without end, and known keys stay', async () => {
    const { provider, asked } = create()
    expect(await receive(provider, delivery('k-1'))).toMatchObject({ status: 200 })
    const codes = new Set<string | undefined>()
    for (let i = 0; i < 60; i++) {
      const { code } = await receive(provider, delivery(`made-up-${i}`))
      codes.add(code)
    }
    expect(asked).toHaveLength(30)
    expect(codes).toEqual(new Set(['ERR_KEY_UNKNOWN', 'ERR_SECRET_UNAVAILABLE']))
    expect(await receive(provider, delivery('k-1'))).toMatchObject({ status: 200 })
  })

  test.each([
    { name: 'another key', keys: { 'k-1': other.publicKey }, code: 'ERR_SIGNATURE_MISMATCH' },
    {
      name: 'an expired key',
      keys: { 'k-1': { pem: current.publicKey, expiredAt: 1 } },
      code: 'ERR_KEY_UNKNOWN',
    },
  ])('$name is refused', async ({ keys, code }) => {
    expect(await receive(create(plaidApi(keys)).provider, delivery('k-1'))).toMatchObject({
      status: 401,
      code,
    })
  })

  test('a key that expires is trusted no more once it is asked for again', async () => {
    let expiredAt: number | undefined
    const fetch: PlaidFetch = (url, init) =>
      plaidApi({
        'k-1': { pem: current.publicKey, ...(expiredAt !== undefined && { expiredAt }) },
      })(url, init)
    const download = { fetch, ttlSeconds: 1e-9, negativeTtlSeconds: 0 }
    const provider = plaid({ ...credentials, download })
    expect(await receive(provider, delivery('k-1'))).toMatchObject({ status: 200 })
    expiredAt = NOW
    const again = delivery('k-1', { ...CLAIMS, iat: NOW - 5 })
    expect(await receive(provider, again)).toMatchObject({ status: 401, code: 'ERR_KEY_UNKNOWN' })
  })

  test.each([
    { name: 'fails', fetch: async () => new Response('', { status: 500 }) },
    { name: 'refuses our credentials', options: { secret: 'another' } },
    { name: 'sends no key', fetch: async () => Response.json({ request_id: 'r' }) },
    { name: 'sends no JSON', fetch: async () => new Response('', { status: 400 }) },
    {
      name: 'sends what is no key',
      fetch: async () =>
        Response.json({ key: { kid: 'k-1', kty: 'EC', crv: 'P-256', x: '', y: '' } }),
    },
  ] satisfies readonly { name: string; fetch?: PlaidFetch; options?: object }[])(
    'a Plaid that $name has to try again',
    async ({ fetch, options }: { fetch?: PlaidFetch; options?: object }) => {
      const answer = await receive(create(fetch, options).provider, delivery('k-1'))
      expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE' })
    },
  )

  test('are those of the environment', async () => {
    const fetch = plaidApi({ 'k-1': current.publicKey }, 'sandbox')
    const { provider } = create(fetch, { environment: 'sandbox' })
    expect(await receive(provider, delivery('k-1'))).toMatchObject({ status: 200 })
  })
})

test.each([
  { identity: undefined, expected: 2 },
  { identity: 'content', expected: 1 },
] as const)('equal notices are $expected events with identity $identity', async (options) => {
  const { expected, ...given } = options
  const { provider } = create(undefined, given)
  const keys = new Set<string>()
  for (const iat of [NOW - 9, NOW]) {
    const { events } = await receive(provider, delivery('k-1', { ...CLAIMS, iat }))
    keys.add(events[0]!.key)
  }
  expect(keys.size).toBe(expected)
})

test.each([
  { options: { secret: '' }, code: 'ERR_SECRET_EMPTY' },
  { options: { clientId: undefined }, code: 'ERR_SECRET_EMPTY' },
  { options: { environment: 'evil.example.com/' }, code: 'ERR_OPTION_INVALID' },
])('is not made with $options', ({ options, code }) => {
  expect(() => create(undefined, options)).toThrow(expect.objectContaining({ code }))
})
