/**
 * Keys, messages and signatures are those of RFC 9421, appendix B.1 and B.2.
 * https://www.rfc-editor.org/rfc/rfc9421#appendix-B
 */
import { createHash, createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import * as fc from 'fast-check'
import { ERRORS, type Scheme } from 'webhook-target'
import {
  ecdsaP256Sha256,
  ed25519,
  hmacSha256,
  httpMessageSignatures,
  rsaPssSha512,
  rsaV15Sha256,
  type HttpMessageSignaturesOptions,
} from 'webhook-target/schemes/http-message-signatures'
import { describe, expect, test, vi } from 'vitest'
import { p256Pair, rsaPair } from '../providers/keys.ts'
import { anyText } from '../support/any-text.ts'
import { accepted, attempt, NOW, refused, type Attempt } from './attempt.ts'

const secret = new Uint8Array(
  Buffer.from(
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
    'base64',
  ),
)
const edJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
  x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
}
const edSeed = new Uint8Array(Buffer.from(edJwk.d, 'base64url'))
const edPublic = Buffer.from(edJwk.x, 'base64url').toString('base64')
const rsaPublic = pemOf({
  kty: 'RSA',
  e: 'AQAB',
  n: 'r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w',
})

function pemOf(jwk: JsonWebKey): string {
  return createPublicKey({ key: jwk, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  }) as string
}

const CREATED = 1_618_884_473
const message = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'content-length': '18',
  },
  body: '{"hello": "world"}',
}
const signedWith = (
  input: string,
  signature: string,
  changes: Partial<typeof message> = {},
): Attempt => ({
  ...message,
  ...changes,
  headers: {
    ...message.headers,
    ...changes.headers,
    'signature-input': `sig=${input}`,
    signature: `sig=:${signature}:`,
  },
  now: CREATED,
})

/** The RFC's examples cover little of a request. */
const LENIENT = { required: [], unsafeUncoveredBody: true } as const

const EXAMPLES: readonly {
  readonly name: string
  readonly options: HttpMessageSignaturesOptions
  readonly input: string
  readonly signature: string
  /** Changes that are covered. */
  readonly forgeries: readonly Partial<typeof message>[]
}[] = [
  {
    name: 'B.2.1, minimal, rsa-pss-sha512',
    options: { algorithm: rsaPssSha512, keys: rsaPublic, ...LENIENT },
    input: `();created=${CREATED};keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
    signature:
      'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==',
    forgeries: [],
  },
  {
    name: 'B.2.2, selective, rsa-pss-sha512',
    options: { algorithm: rsaPssSha512, keys: rsaPublic, ...LENIENT, tag: 'header-example' },
    input: `("@authority" "content-digest" "@query-param";name="Pet");created=${CREATED};keyid="test-key-rsa-pss";tag="header-example"`,
    signature:
      'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==',
    forgeries: [
      { url: 'https://example.com/foo?param=Value&Pet=cat' },
      { url: 'https://example.org/foo?param=Value&Pet=dog' },
      { url: 'https://example.com/foo?Pet=dog&Pet=dog' },
      { url: 'https://example.com/foo' },
      { body: '{"hello": "World"}' },
    ],
  },
  {
    name: 'B.2.3, full, rsa-pss-sha512',
    options: { algorithm: rsaPssSha512, keys: rsaPublic },
    input: `("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=${CREATED};keyid="test-key-rsa-pss"`,
    signature:
      'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==',
    forgeries: [
      { url: 'https://example.com/fo?param=Value&Pet=dog' },
      { url: 'https://example.com/foo?param=Value&Pet=cat' },
      { url: 'https://example.com/foo' },
      { url: 'https://example.org/foo?param=Value&Pet=dog' },
      { body: '{"hello": "world" }' },
      { headers: { ...message.headers, 'content-type': 'text/plain' } },
    ],
  },
  {
    name: 'B.2.5, hmac-sha256',
    options: { algorithm: hmacSha256, keys: secret, ...LENIENT },
    input: `("date" "@authority" "content-type");created=${CREATED};keyid="test-shared-secret"`,
    signature: 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    forgeries: [
      { url: 'https://example.org/foo' },
      { headers: { ...message.headers, date: 'Tue, 20 Apr 2021 02:07:56 GMT' } },
    ],
  },
  {
    name: 'B.2.6, ed25519',
    options: { algorithm: ed25519, keys: edPublic, ...LENIENT },
    input: `("date" "@method" "@path" "@authority" "content-type" "content-length");created=${CREATED};keyid="test-key-ed25519"`,
    signature:
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    forgeries: [
      { url: 'https://example.com/Foo' },
      { headers: { ...message.headers, 'content-length': '19' } },
    ],
  },
]

describe.each(EXAMPLES)('$name', ({ options, input, signature, forgeries }) => {
  const scheme = httpMessageSignatures(options)

  test('is verified', async () => {
    expect(await attempt(scheme, signedWith(input, signature))).toEqual(accepted())
  })

  test.each([...forgeries.entries()])('is not of another request (%i)', async (_, changes) => {
    const { status } = await attempt(scheme, signedWith(input, signature, changes))
    expect(status).toBe(401)
  })

  test('is not of other parameters', async () => {
    const other = input.replace(`${CREATED}`, `${CREATED + 1}`)
    expect(await attempt(scheme, signedWith(other, signature))).toEqual(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
  })

  test('is too old later', async () => {
    const later = { ...signedWith(input, signature), now: CREATED + 301 }
    expect(await attempt(scheme, later)).toEqual(refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'))
  })
})

describe('signing makes the signature of', () => {
  test.each([
    {
      name: 'B.2.5',
      options: {
        algorithm: hmacSha256,
        keys: { byId: { 'test-shared-secret': secret } },
        components: ['date', '@authority', 'content-type'],
        label: 'sig-b25',
      },
      sign: {},
      example: EXAMPLES[3]!,
    },
    {
      name: 'B.2.6',
      options: {
        algorithm: ed25519,
        keys: { byId: { 'test-key-ed25519': edPublic } },
        components: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'],
        label: 'sig-b26',
      },
      sign: { privateKey: edSeed },
      example: EXAMPLES[4]!,
    },
  ])('$name', async ({ options, sign, example }) => {
    const body = new TextEncoder().encode(message.body)
    const scheme = httpMessageSignatures(options)
    const { headers } = await scheme.sign!({ ...message, body }, { now: CREATED * 1000, ...sign })
    expect(headers).toEqual({
      ...message.headers,
      'signature-input': `${options.label}=${example.input}`,
      signature: `${options.label}=:${example.signature}:`,
    })
  })
})

/* Our own messages ------------------------------------------------------------------------------- */

const outgoing = {
  method: 'POST',
  url: 'https://hooks.example.com/in?a=1',
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode('{}'),
}
const simple = { algorithm: hmacSha256, keys: 'a key of any sender' } as const
const standard = httpMessageSignatures(simple)
const sign = (options: Partial<HttpMessageSignaturesOptions> = {}, changes = {}) =>
  httpMessageSignatures({ ...simple, ...options }).sign!(
    { ...outgoing, ...changes },
    { now: NOW * 1000 },
  )
const signHeaders = async (...given: Parameters<typeof sign>) => (await sign(...given)).headers
const malformed = refused('ERR_SIGNATURE_MALFORMED')

/** A message whose signature is right, with any input at all. */
async function withInput(input: string, headers: Record<string, string> = {}): Promise<Attempt> {
  const { createHmac } = await import('node:crypto')
  const values: Record<string, string> = {
    '"@method"': 'POST',
    '"@target-uri"': outgoing.url,
    '"@authority"': 'hooks.example.com',
    '"@path"': '/in',
    '"@query"': '?a=1',
    '"@request-target"': '/in?a=1',
    '"@scheme"': 'https',
    '"@query-param";name="a"': '1',
    '"content-digest"': DIGEST,
  }
  const identifiers = /^\(([^)]*)\)/
    .exec(input)![1]!
    .split(/ (?=")/)
    .filter(Boolean)
  const lines = identifiers.map((name) => `${name}: ${values[name] ?? 'x'}`)
  const base = [...lines, `"@signature-params": ${input}`].join('\n')
  const signature = createHmac('sha256', simple.keys).update(base).digest('base64')
  return {
    ...outgoing,
    headers: {
      ...outgoing.headers,
      'content-digest': DIGEST,
      ...headers,
      'signature-input': `s=${input}`,
      signature: `s=:${signature}:`,
    },
  }
}
const DIGEST = `sha-256=:${createHash('sha256').update('{}').digest('base64')}:`
const at = `;created=${NOW}`

describe('what has to be covered', () => {
  const whole = `("@method" "@target-uri" "content-digest")`
  test.each([
    { name: 'all', input: whole + at, expected: accepted() },
    {
      name: 'the target in pieces',
      input: `("@method" "@authority" "@path" "@query" "content-digest")${at}`,
      expected: accepted(),
    },
    {
      name: 'the target of the request line',
      input: `("@method" "@authority" "@request-target" "content-digest")${at}`,
      expected: accepted(),
    },
    {
      name: 'everything there is',
      input: `("@method" "@target-uri" "@scheme" "@query-param";name="a" "content-digest")${at}`,
      expected: accepted(),
    },
    {
      name: 'no method',
      input: `("@target-uri" "content-digest")${at}`,
      expected: malformed,
    },
    {
      name: 'no query',
      input: `("@method" "@authority" "@path" "content-digest")${at}`,
      expected: malformed,
    },
    {
      name: 'no path',
      input: `("@method" "@authority" "@query" "content-digest")${at}`,
      expected: malformed,
    },
    {
      name: 'no authority',
      input: `("@method" "@request-target" "content-digest")${at}`,
      expected: malformed,
    },
    { name: 'no digest', input: `("@method" "@target-uri")${at}`, expected: malformed },
    { name: 'nothing', input: `()${at}`, expected: malformed },
    {
      name: 'a component twice',
      input: `("@method" "@method" "@target-uri" "content-digest")${at}`,
      expected: malformed,
    },
    {
      name: 'a field that is not there',
      input: `("@method" "@target-uri" "content-digest" "x-none")${at}`,
      expected: malformed,
    },
    {
      name: 'a name that is no field',
      input: `("@method" "@target-uri" "content-digest" "x none")${at}`,
      expected: malformed,
    },
    {
      name: 'an unknown derived component',
      input: `("@method" "@target-uri" "content-digest" "@status")${at}`,
      expected: malformed,
    },
    {
      name: 'a field by one of its members',
      input: `("@method" "@target-uri" "content-digest";key="sha-256")${at}`,
      expected: malformed,
    },
    {
      name: 'a component of the request that was answered',
      input: `("@method";req "@target-uri" "content-digest")${at}`,
      expected: malformed,
    },
    { name: 'no time', input: whole, expected: refused('ERR_TIMESTAMP_MISSING') },
    {
      name: 'a time as text',
      input: `${whole};created="${NOW}"`,
      expected: refused('ERR_TIMESTAMP_MALFORMED'),
    },
    {
      name: 'a time to come',
      input: `${whole};created=${NOW + 301}`,
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
    { name: 'not yet expired', input: `${whole}${at};expires=${NOW}`, expected: accepted() },
    {
      name: 'expired',
      input: `${whole}${at};expires=${NOW - 1}`,
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
    { name: 'the algorithm', input: `${whole}${at};alg="hmac-sha256"`, expected: accepted() },
    { name: 'another algorithm', input: `${whole}${at};alg="ed25519"`, expected: malformed },
    { name: 'an algorithm that is no text', input: `${whole}${at};alg=1`, expected: malformed },
  ])('$name', async ({ input, expected }) => {
    expect(await attempt(standard, await withInput(input))).toEqual(expected)
  })
})

describe('the digest', () => {
  const sha512 = `sha-512=:${createHash('sha512').update('{}').digest('base64')}:`
  const other = `sha-256=:${createHash('sha256').update('[]').digest('base64')}:`

  test.each([
    { name: 'SHA-512', digest: sha512, expected: accepted() },
    { name: 'both', digest: `${sha512}, ${DIGEST}`, expected: accepted() },
    { name: 'an unknown one beside it', digest: `md5=:AA==:, ${DIGEST}`, expected: accepted() },
    { name: 'of another body', digest: other, expected: refused('ERR_SIGNATURE_MISMATCH') },
    {
      name: 'a right and a wrong one',
      digest: `${sha512}, ${other}`,
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    { name: 'an unknown one', digest: 'md5=:AA==:', expected: malformed },
    { name: 'as text', digest: 'sha-256="x"', expected: malformed },
    { name: 'that does not parse', digest: 'sha-256', expected: malformed },
  ])('$name', async ({ digest, expected }) => {
    const request = await sign({}, { headers: { 'content-digest': digest } })
    expect(await attempt(standard, request)).toEqual(expected)
  })

  test('is of no use if it is not covered', async () => {
    const options = { components: ['@method', '@target-uri'] }
    expect(await attempt(standard, await sign(options))).toEqual(malformed)
    const lenient = httpMessageSignatures({ ...simple, unsafeUncoveredBody: true })
    expect(await attempt(lenient, await sign(options))).toEqual(accepted())
  })

  test('is not wanted without a body', async () => {
    const request = await sign({}, { body: new Uint8Array(0) })
    expect(request.headers['content-digest']).toBeUndefined()
    expect(await attempt(standard, request)).toEqual(accepted())
  })
})

describe('several signatures', () => {
  test('one that passes is enough', async () => {
    const [right, wrong] = [
      await signHeaders({ label: 'a' }),
      await signHeaders({ label: 'b', keys: 'other' }),
    ]
    const joined = (name: string) => `${wrong[name]}, ${right[name]}`
    const headers = {
      ...right,
      signature: joined('signature'),
      'signature-input': joined('signature-input'),
    }
    expect(await attempt(standard, { ...outgoing, headers })).toEqual(accepted())
    for (const [label, expected] of [
      ['a', accepted()],
      ['b', refused('ERR_SIGNATURE_MISMATCH')],
      ['c', malformed],
    ] as const) {
      const scheme = httpMessageSignatures({ ...simple, label })
      expect(await attempt(scheme, { ...outgoing, headers })).toEqual(expected)
    }
  })

  test('only a few are tried', async () => {
    const headers = await signHeaders()
    const many = (name: string) =>
      Array.from({ length: 11 }, (_, i) => headers[name]!.replace('sig1', `s${i}`)).join(', ')
    const request = {
      ...outgoing,
      headers: {
        ...headers,
        signature: many('signature'),
        'signature-input': many('signature-input'),
      },
    }
    expect(await attempt(standard, request)).toEqual(malformed)
  })

  test('parameters of the query are taken apart once, however many are covered', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `p${i}`)
    const components = names.map((name) => `"@query-param";name="${name}"`).join(' ')
    const parsed = vi.spyOn(globalThis, 'URLSearchParams')
    const answer = await attempt(standard, {
      url: `https://hooks.example.com/in?${names.join('&')}`,
      body: '',
      headers: {
        'signature-input': `sig1=("@method" "@target-uri" ${components});created=${NOW}`,
        signature: 'sig1=:AAAA:',
      },
    })
    const times = parsed.mock.calls.length
    parsed.mockRestore()
    expect(answer).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
    expect(times).toBe(1)
  })

  test('of a length that nobody needs are not looked at', async () => {
    const names = Array.from({ length: 101 }, (_, i) => `"x-${i}"`)
    const input = (count: number) =>
      `sig1=("@method" "@target-uri" ${names.slice(0, count - 2).join(' ')});created=${NOW}`
    const headers = Object.fromEntries(names.map((_, i) => [`x-${i}`, '1']))
    const send = (count: number) =>
      attempt(standard, {
        body: '',
        headers: { ...headers, 'signature-input': input(count), signature: 'sig1=:AAAA:' },
      })
    expect(await send(100)).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
    expect(await send(101)).toEqual(refused('ERR_SIGNATURE_MALFORMED'))
  })

  test('the tag is as configured', async () => {
    const scheme = httpMessageSignatures({ ...simple, tag: 'events' })
    expect(await attempt(scheme, await sign({ tag: 'events' }))).toEqual(accepted())
    expect(await attempt(scheme, await sign({ tag: 'other' }))).toEqual(malformed)
    expect(await attempt(scheme, await sign())).toEqual(malformed)
  })
})

describe('headers', () => {
  const missing = refused('ERR_SIGNATURE_MISSING')
  test.each([
    { name: 'no signature', changes: { signature: '' }, expected: missing },
    { name: 'no input', changes: { 'signature-input': '' }, expected: missing },
    {
      name: 'a signature that does not parse',
      changes: { signature: 'sig1=' },
      expected: malformed,
    },
    {
      name: 'an input that does not parse',
      changes: { 'signature-input': 'sig1=(' },
      expected: malformed,
    },
    {
      name: 'a signature with another label',
      changes: { signature: 'sig2=:AA==:' },
      expected: malformed,
    },
    { name: 'a signature as text', changes: { signature: 'sig1="AA=="' }, expected: malformed },
    {
      name: 'a short signature',
      changes: { signature: 'sig1=:AA==:' },
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
  ])('$name', async ({ changes, expected }) => {
    const headers = { ...(await signHeaders()), ...changes }
    expect(await attempt(standard, { ...outgoing, headers })).toEqual(expected)
  })
})

describe('keys', () => {
  const byId = { one: 'the first key', two: 'the second key' }
  const signedBy = (id: keyof typeof byId) => sign({ keys: { byId: { [id]: byId[id] } } })

  test.each([
    { name: 'by their id', keys: { byId }, one: accepted(0), two: accepted(1) },
    {
      name: 'by a function',
      keys: { byId: (id: string) => (id === 'one' ? byId.one : undefined) },
      one: accepted(0),
      two: refused('ERR_TENANT_UNKNOWN'),
    },
    {
      name: 'by a function that knows several',
      keys: { byId: () => Promise.resolve(Object.values(byId)) },
      one: accepted(0),
      two: accepted(1),
    },
    {
      name: 'by a function that fails',
      keys: { byId: () => Promise.reject(new Error('down')) },
      one: { status: 503, code: 'ERR_SECRET_UNAVAILABLE' },
      two: { status: 503, code: 'ERR_SECRET_UNAVAILABLE' },
    },
    {
      name: 'whatever the id',
      keys: [byId.two, byId.one],
      one: accepted(1),
      two: accepted(0),
    },
    {
      name: 'the key of another id',
      keys: { byId: { one: byId.two, constructor: byId.one } },
      one: refused('ERR_SIGNATURE_MISMATCH'),
      two: refused('ERR_TENANT_UNKNOWN'),
    },
  ])('$name', async ({ keys, one, two }) => {
    const scheme = httpMessageSignatures({ ...simple, keys })
    expect(await attempt(scheme, await signedBy('one'))).toEqual(one)
    expect(await attempt(scheme, await signedBy('two'))).toEqual(two)
  })

  test('by their id take no signature without one', async () => {
    const fixed = httpMessageSignatures({ ...simple, keys: { byId } })
    const found = httpMessageSignatures({ ...simple, keys: { byId: () => simple.keys } })
    expect(await attempt(fixed, await sign())).toEqual(refused('ERR_TENANT_UNKNOWN'))
    expect(await attempt(found, await sign())).toEqual(malformed)
  })

  test.each([undefined, '', [], { byId: {} }, { byId: { one: '' } }])('%j throws', (keys) => {
    expect(() => httpMessageSignatures({ ...simple, keys })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error,
    )
  })

  test.each([0, -1, NaN])('a tolerance of %d throws', (toleranceSeconds) => {
    expect(() => httpMessageSignatures({ ...simple, toleranceSeconds })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

describe('a nonce', () => {
  const input = `("@method" "@target-uri" "content-digest")${at}`
  const seen = new Set<string>()
  const scheme = httpMessageSignatures({
    ...simple,
    claimNonce: (nonce) => !seen.has(nonce) && Boolean(seen.add(nonce)),
  })

  test('is taken once, and only of a genuine signature', async () => {
    const request = await withInput(`${input};nonce="n-1"`)
    const forged = { ...request, body: '[]' }
    expect(await attempt(scheme, forged)).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
    expect(await attempt(scheme, request)).toEqual(accepted())
    expect(await attempt(scheme, request)).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
    expect(await attempt(scheme, await withInput(`${input};nonce="n-2"`))).toEqual(accepted())
    expect(await attempt(scheme, await withInput(input))).toEqual(malformed)
  })

  test('that can not be looked up is a reason to try again', async () => {
    const broken = httpMessageSignatures({
      ...simple,
      claimNonce: () => Promise.reject(new Error('down')),
    })
    expect(await attempt(broken, await withInput(`${input};nonce="n"`))).toEqual({
      status: 503,
      code: 'ERR_SECRET_UNAVAILABLE',
    })
  })
})

/* Properties ------------------------------------------------------------------------------------- */

const [rsa, p256] = [rsaPair(), p256Pair()]
const edPem = pemOf({ kty: edJwk.kty, crv: edJwk.crv, x: edJwk.x })
const SIGNERS: readonly { name: string; scheme: Scheme; privateKey?: string | Uint8Array }[] = [
  { name: 'hmac-sha256', scheme: standard },
  {
    name: 'ed25519',
    scheme: httpMessageSignatures({ algorithm: ed25519, keys: edPem }),
    privateKey: edSeed,
  },
  {
    name: 'ecdsa-p256-sha256',
    scheme: httpMessageSignatures({ algorithm: ecdsaP256Sha256, keys: p256.publicKey }),
    privateKey: p256.privateKey,
  },
  {
    name: 'rsa-v1_5-sha256',
    scheme: httpMessageSignatures({ algorithm: rsaV15Sha256, keys: rsa.publicKey }),
    privateKey: rsa.privateKey,
  },
  {
    name: 'rsa-pss-sha512',
    scheme: httpMessageSignatures({ algorithm: rsaPssSha512, keys: rsa.publicKey }),
    privateKey: rsa.privateKey,
  },
]

describe.each(SIGNERS)('$name', ({ scheme, privateKey }) => {
  const signBody = (body: Uint8Array) =>
    scheme.sign!(
      { ...outgoing, headers: {}, body },
      { now: NOW * 1000, ...(privateKey && { privateKey }) },
    )

  test('what is signed is verified', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (body) => {
        expect(await attempt(scheme, await signBody(body))).toEqual(accepted())
      }),
      { numRuns: 20 },
    )
  })

  test('one bit of body, digest, input or signature is too many', async () => {
    const names = ['body', 'content-digest', 'signature-input', 'signature'] as const
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), async (name, place) => {
        const signed = await signBody(new TextEncoder().encode('{"a":1}'))
        const bytes = name === 'body' ? signed.body : new TextEncoder().encode(signed.headers[name])
        const changed = Uint8Array.from(bytes)
        changed[Math.floor(place / 8) % changed.length]! ^= 1 << (place % 8)
        const request =
          name === 'body'
            ? { ...signed, body: changed }
            : { ...signed, headers: { ...signed.headers, [name]: String.fromCharCode(...changed) } }
        expect((await attempt(scheme, request)).status).toBe(401)
      }),
      { numRuns: 60 },
    )
  })
})

test('the ECDSA key of the RFC is read', () => {
  const key = createPrivateKey({
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: 'UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs',
      x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
      y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
    },
    format: 'jwk',
  })
  const keys = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string
  // B.2.4, which signs a response: its text and signature.
  const base = [
    '"@status": 200',
    '"content-type": application/json',
    '"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
    '"content-length": 23',
    `"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=${CREATED};keyid="test-key-ecc-p256"`,
  ].join('\n')
  const signature = Buffer.from(
    'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
    'base64',
  )
  return expect(
    Promise.resolve(ecdsaP256Sha256.verifier(keys)(base, new Uint8Array(signature))),
  ).resolves.toBe(true)
})

test('nothing is thrown but our own errors', async () => {
  const inputs = fc.oneof(
    anyText(),
    fc
      .array(fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/))
      .map((names) => `s=(${names.map((name) => `"${name}"`).join(' ')})${at}`),
    fc.constant(`s=("@method" "@target-uri" "content-digest")${at}`),
  )
  const signatures = fc.oneof(
    anyText(),
    fc.base64String().map((text) => `s=:${text}:`),
  )
  const lenient = httpMessageSignatures({ ...simple, ...LENIENT })
  await fc.assert(
    fc.asyncProperty(inputs, signatures, fc.string(), async (input, signature, digest) => {
      const headers = { 'signature-input': input, signature, 'content-digest': digest }
      for (const scheme of [standard, lenient]) {
        const { status, code } = await attempt(scheme, { headers })
        expect(Object.keys(ERRORS)).toContain(code)
        expect(status).toBe(401)
      }
    }),
    { numRuns: 200 },
  )
})
