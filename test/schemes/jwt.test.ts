import {
  createHash,
  createHmac,
  generateKeyPairSync,
  sign as nodeSign,
  type KeyObject,
} from 'node:crypto'
import * as fc from 'fast-check'
import type { Scheme } from 'webhook-target'
import { jwt, type JwtOptions } from 'webhook-target/schemes/jwt'
import { describe, expect, test, vi } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

type Part = Readonly<Record<string, unknown>>

const rsaKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const edwards = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString().trim()
const jwk = (key: KeyObject, more: Part = {}) => ({ ...key.export({ format: 'jwk' }), ...more })

const secret = 'a secret of at least so many bytes'
const AUDIENCE = 'https://hooks.example.com/in'
const CLAIMS = { iss: 'sender', aud: AUDIENCE, iat: NOW, exp: NOW + 60 }
const mismatch = refused('ERR_SIGNATURE_MISMATCH')
const malformed = refused('ERR_SIGNATURE_MALFORMED')
const outside = refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE')
const tokenRefused = refused('ERR_TOKEN_REFUSED')

const encode = (part: Part | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const mac = (signed: string, key: string | Buffer = secret) =>
  createHmac('sha256', key).update(signed).digest('base64url')
const assemble = (
  head: Part | string,
  claims: Part | string,
  signer: (signed: string) => string,
) => {
  const signed = `${encode(head)}.${encode(claims)}`
  return `${signed}.${signer(signed)}`
}
const hs256 = (claims: Part | string = CLAIMS, head: Part | string = { alg: 'HS256' }) =>
  assemble(head, claims, (signed) => mac(signed))
const rs256 = (claims: Part = CLAIMS, head: Part = { alg: 'RS256' }) =>
  assemble(head, claims, (signed) =>
    nodeSign('sha256', Buffer.from(signed), rsaKeys.privateKey).toString('base64url'),
  )

const create = (options: Partial<JwtOptions> = {}) =>
  jwt({ algorithms: ['HS256'], secret, audience: AUDIENCE, ...options })
const createRsa = (options: Partial<JwtOptions> = {}) =>
  jwt({
    algorithms: ['RS256'],
    publicKey: pem(rsaKeys.publicKey),
    audience: AUDIENCE,
    ...options,
  })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('where the token stands', () => {
  const token = hs256()
  const own = { header: 'X-Token' }

  test.each<{
    name: string
    options?: Partial<JwtOptions>
    headers: Record<string, string>
    expected: unknown
  }>([
    { name: 'Bearer', headers: { authorization: `Bearer ${token}` }, expected: accepted() },
    {
      name: 'bearer in another case',
      headers: { authorization: `bEARER ${token}` },
      expected: accepted(),
    },
    { name: 'nowhere', headers: {}, expected: refused('ERR_SIGNATURE_MISSING') },
    { name: 'bare in Authorization', headers: { authorization: token }, expected: malformed },
    { name: 'another way', headers: { authorization: `Basic ${token}` }, expected: malformed },
    { name: 'two spaces', headers: { authorization: `Bearer  ${token}` }, expected: malformed },
    {
      name: 'a space after it',
      headers: { authorization: `Bearer ${token} ` },
      expected: malformed,
    },
    {
      name: 'two tokens',
      headers: { authorization: `Bearer ${token}, Bearer ${token}` },
      expected: malformed,
    },
    {
      name: 'bare, as configured',
      options: { bearer: false },
      headers: { authorization: token },
      expected: accepted(),
    },
    {
      name: 'Bearer where it is bare',
      options: { bearer: false },
      headers: { authorization: `Bearer ${token}` },
      expected: malformed,
    },
    {
      name: 'either, bare',
      options: { bearer: 'optional' },
      headers: { authorization: token },
      expected: accepted(),
    },
    {
      name: 'either, Bearer',
      options: { bearer: 'optional' },
      headers: { authorization: `Bearer ${token}` },
      expected: accepted(),
    },
    { name: 'another header', options: own, headers: { 'x-token': token }, expected: accepted() },
    {
      name: 'another header with Bearer',
      options: { ...own, bearer: true },
      headers: { 'x-token': `Bearer ${token}` },
      expected: accepted(),
    },
    {
      name: 'not in the other header',
      options: own,
      headers: { authorization: `Bearer ${token}` },
      expected: refused('ERR_SIGNATURE_MISSING'),
    },
  ])('$name', async ({ options, headers, expected }) => {
    expect(await attempt(create(options), { headers })).toEqual(expected)
  })
})

describe('what is no token', () => {
  const [head, claims, signature] = hs256().split('.') as [string, string, string]

  test.each([
    { name: 'two parts', token: `${head}.${claims}` },
    { name: 'four parts', token: `${head}.${claims}.${signature}.` },
    { name: 'five parts', token: `${head}.${claims}.${signature}..` },
    { name: 'nothing', token: '..' },
    { name: 'padding', token: `${head}.${claims}.${signature}=` },
    {
      name: 'base64',
      token: `${head}.${claims}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    },
    { name: 'a space', token: `${head}.${claims}. ${signature}` },
    { name: 'a letter outside of ASCII', token: `${head}.${claims}.${signature}\u00e9` },
    { name: 'a bit left over', token: `${head}.${claims}.${bumpLast(signature)}` },
    { name: 'a header that is no JSON', token: hs256(CLAIMS, 'HS256') },
    { name: 'a header that is a list', token: hs256(CLAIMS, '["HS256"]') },
    { name: 'a header that is null', token: hs256(CLAIMS, 'null') },
    { name: 'a header that is no UTF-8', token: `_w.${claims}.${signature}` },
    { name: 'no algorithm', token: hs256(CLAIMS, {}) },
    { name: 'none', token: `${encode({ alg: 'none' })}.${claims}.` },
    { name: 'none with a signature', token: hs256(CLAIMS, { alg: 'none' }) },
    { name: 'None', token: `${encode({ alg: 'None' })}.${claims}.` },
    { name: 'an algorithm in lower case', token: hs256(CLAIMS, { alg: 'hs256' }) },
    { name: 'a list of algorithms', token: hs256(CLAIMS, { alg: ['HS256'] }) },
    { name: 'an inherited name', token: hs256(CLAIMS, { alg: 'toString' }) },
    { name: 'an algorithm that is not configured', token: hs256(CLAIMS, { alg: 'HS512' }) },
    { name: 'critical extensions', token: hs256(CLAIMS, { alg: 'HS256', crit: ['exp'], exp: 1 }) },
    { name: 'no critical extensions', token: hs256(CLAIMS, { alg: 'HS256', crit: [] }) },
    { name: 'an unencoded payload', token: hs256(CLAIMS, { alg: 'HS256', b64: false }) },
    { name: 'a payload said to be encoded', token: hs256(CLAIMS, { alg: 'HS256', b64: true }) },
    { name: 'a key id that is a number', token: hs256(CLAIMS, { alg: 'HS256', kid: 1 }) },
    { name: 'too long', token: hs256({ ...CLAIMS, more: 'x'.repeat(6 * 1024) }) },
  ])('$name', async ({ token }) => {
    expect(await attempt(create(), bearer(token))).toEqual(malformed)
  })

  test('an empty signature', async () => {
    expect(await attempt(create(), bearer(`${head}.${claims}.`))).toEqual(mismatch)
  })

  test('a type of whatever kind is not looked at', async () => {
    const token = hs256(CLAIMS, {
      alg: 'HS256',
      typ: 'JWE',
      cty: 'x',
      jku: 'https://evil.example/',
    })
    expect(await attempt(create(), bearer(token))).toEqual(accepted())
  })
})

function bumpLast(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)!) + 1]!
}

describe('claims', () => {
  const strict = { issuer: ['sender', 'sender.example'], maxAgeSeconds: 300 }

  test.each<{
    name: string
    claims: Part | string
    options?: Partial<JwtOptions>
    expected: unknown
  }>([
    { name: 'all of them', claims: CLAIMS, options: strict, expected: accepted() },
    {
      name: 'the other issuer',
      claims: { ...CLAIMS, iss: 'sender.example' },
      options: strict,
      expected: accepted(),
    },
    {
      name: 'another issuer',
      claims: { ...CLAIMS, iss: 'sender.evil' },
      options: strict,
      expected: tokenRefused,
    },
    {
      name: 'a list of issuers',
      claims: { ...CLAIMS, iss: ['sender'] },
      options: strict,
      expected: tokenRefused,
    },
    {
      name: 'no issuer',
      claims: { ...CLAIMS, iss: undefined },
      options: strict,
      expected: tokenRefused,
    },
    { name: 'an issuer nobody asked for', claims: { ...CLAIMS, iss: 'any' }, expected: accepted() },
    {
      name: 'another audience',
      claims: { ...CLAIMS, aud: `${AUDIENCE}/` },
      expected: tokenRefused,
    },
    { name: 'no audience', claims: { ...CLAIMS, aud: undefined }, expected: tokenRefused },
    {
      name: 'several audiences',
      claims: { ...CLAIMS, aud: ['x', AUDIENCE] },
      expected: accepted(),
    },
    {
      name: 'a list of other audiences',
      claims: { ...CLAIMS, aud: ['x'] },
      expected: tokenRefused,
    },
    {
      name: 'no audience, with none asked for',
      claims: { ...CLAIMS, aud: undefined },
      options: { audience: false },
      expected: accepted(),
    },
    {
      name: 'one of several audiences',
      claims: CLAIMS,
      options: { audience: ['x', AUDIENCE] },
      expected: accepted(),
    },
    {
      name: 'the audience of the URL',
      claims: CLAIMS,
      options: { audience: ({ url }) => url },
      expected: accepted(),
    },
    {
      name: 'not the audience of the URL',
      claims: { ...CLAIMS, aud: 'x' },
      options: { audience: ({ url }) => url },
      expected: tokenRefused,
    },
    {
      name: 'no audience and none known',
      claims: { ...CLAIMS, aud: '' },
      options: { audience: () => '' },
      expected: tokenRefused,
    },
    { name: 'at its end', claims: { ...CLAIMS, exp: NOW - 59 }, expected: accepted() },
    { name: 'past its end', claims: { ...CLAIMS, exp: NOW - 60 }, expected: outside },
    {
      name: 'past its end without tolerance',
      claims: { ...CLAIMS, exp: NOW },
      options: { clockToleranceSeconds: 0 },
      expected: outside,
    },
    {
      name: 'past its end, which is not to be',
      claims: { ...CLAIMS, exp: NOW },
      options: { lateToleranceSeconds: 0 },
      expected: outside,
    },
    {
      name: 'older than it may be, by a second',
      claims: { ...CLAIMS, iat: NOW - 31 },
      options: { maxAgeSeconds: 30, lateToleranceSeconds: 0 },
      expected: outside,
    },
    {
      name: 'as old as it may be',
      claims: { ...CLAIMS, iat: NOW - 30 },
      options: { maxAgeSeconds: 30, lateToleranceSeconds: 0 },
      expected: accepted(),
    },
    {
      name: 'from a clock that is ahead, where it must not be late',
      claims: { ...CLAIMS, iat: NOW + 60, nbf: NOW + 60, exp: NOW + 90 },
      options: { maxAgeSeconds: 30, lateToleranceSeconds: 0 },
      expected: accepted(),
    },
    {
      name: 'without an end',
      claims: { ...CLAIMS, exp: undefined },
      expected: refused('ERR_TIMESTAMP_MISSING'),
    },
    {
      name: 'without an end, which is allowed',
      claims: { ...CLAIMS, exp: undefined },
      options: { requireExpiry: false },
      expected: accepted(),
    },
    {
      name: 'an end that is a text',
      claims: { ...CLAIMS, exp: `${NOW + 60}` },
      expected: refused('ERR_TIMESTAMP_MALFORMED'),
    },
    {
      name: 'an end that is null',
      claims: { ...CLAIMS, exp: null },
      options: { requireExpiry: false },
      expected: refused('ERR_TIMESTAMP_MALFORMED'),
    },
    {
      name: 'an endless end',
      claims: JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e999'),
      expected: refused('ERR_TIMESTAMP_MALFORMED'),
    },
    { name: 'an end with a fraction', claims: { ...CLAIMS, exp: NOW + 0.5 }, expected: accepted() },
    { name: 'before its time', claims: { ...CLAIMS, nbf: NOW + 61 }, expected: outside },
    {
      name: 'a little before its time',
      claims: { ...CLAIMS, nbf: NOW + 60 },
      expected: accepted(),
    },
    { name: 'of the future', claims: { ...CLAIMS, iat: NOW + 61 }, expected: outside },
    { name: 'old', claims: { ...CLAIMS, iat: NOW - 361 }, options: strict, expected: outside },
    {
      name: 'nearly old',
      claims: { ...CLAIMS, iat: NOW - 360 },
      options: strict,
      expected: accepted(),
    },
    {
      name: 'of no age',
      claims: { ...CLAIMS, iat: undefined },
      options: strict,
      expected: refused('ERR_TIMESTAMP_MISSING'),
    },
    { name: 'no JSON', claims: 'text', expected: tokenRefused },
    { name: 'a list', claims: '[]', expected: tokenRefused },
    {
      name: 'a check of its own',
      claims: { ...CLAIMS, email: 'a' },
      options: { claims: ({ email }) => (email === 'a' ? undefined : 'no') },
      expected: accepted(),
    },
    {
      name: 'a check of its own that fails',
      claims: { ...CLAIMS, email: 'b' },
      options: { claims: ({ email }) => (email === 'a' ? undefined : 'no') },
      expected: tokenRefused,
    },
  ])('$name', async ({ claims, options, expected }) => {
    expect(await attempt(create(options), bearer(hs256(claims)))).toEqual(expected)
  })

  test('are not looked at before the signature is right', async () => {
    const claims = vi.fn(() => undefined)
    expect(await attempt(create({ claims }), bearer(hs256().replace(/.$/, '')))).toEqual(malformed)
    const forged = assemble({ alg: 'HS256' }, CLAIMS, (signed) => mac(signed, 'other'))
    expect(await attempt(create({ claims }), bearer(forged))).toEqual(mismatch)
    expect(claims).not.toHaveBeenCalled()
  })
})

describe('the hash of the body', () => {
  const body = '{"a":1}'
  const hash = (encoding: 'hex' | 'base64') => createHash('sha256').update(body).digest(encoding)
  const content = { claim: 'request_body_sha256' }
  const token = (value: unknown) => hs256({ ...CLAIMS, request_body_sha256: value })

  test.each([
    { name: 'right', body, token: token(hash('hex')), expected: accepted() },
    { name: 'of another body', body: `${body} `, token: token(hash('hex')), expected: mismatch },
    { name: 'in upper case', body, token: token(hash('hex').toUpperCase()), expected: mismatch },
    { name: 'in base64', body, token: token(hash('base64')), expected: mismatch },
    { name: 'cut off', body, token: token(hash('hex').slice(0, 10)), expected: mismatch },
    { name: 'empty', body, token: token(''), expected: mismatch },
    { name: 'missing', body, token: token(undefined), expected: tokenRefused },
    { name: 'a number', body, token: token(1), expected: tokenRefused },
  ])('$name', async ({ expected, ...request }) => {
    const given = { body: request.body, ...bearer(request.token) }
    expect(await attempt(create({ content }), given)).toEqual(expected)
  })

  test('is checked again when the token comes again', async () => {
    const scheme = create({ content })
    const given = bearer(token(hash('hex')))
    expect(await attempt(scheme, { ...given, body })).toEqual(accepted())
    expect(await attempt(scheme, { ...given, body: '{"a":2}' })).toEqual(mismatch)
  })
})

describe('a token that comes again', () => {
  test('expires all the same', async () => {
    const scheme = create()
    const given = bearer(hs256())
    expect(await attempt(scheme, given)).toEqual(accepted())
    expect(await attempt(scheme, { ...given, now: NOW + 119 })).toEqual(accepted())
    expect(await attempt(scheme, { ...given, now: NOW + 120 })).toEqual(outside)
  })

  test('has its claims looked at again', async () => {
    let reason: string | undefined
    const scheme = create({ claims: () => reason })
    const given = bearer(hs256())
    expect(await attempt(scheme, given)).toEqual(accepted())
    reason = 'its subject has been locked out since'
    expect(await attempt(scheme, given)).toEqual(tokenRefused)
  })

  test('is for the audience of each request', async () => {
    const scheme = create({ audience: ({ url }) => url })
    const given = bearer(hs256())
    expect(await attempt(scheme, given)).toEqual(accepted())
    expect(await attempt(scheme, { ...given, url: `${AUDIENCE}/other` })).toEqual(tokenRefused)
  })

  test('is not the one with the same end', async () => {
    const scheme = create()
    const genuine = hs256()
    expect(await attempt(scheme, bearer(genuine))).toEqual(accepted())
    const [head, , signature] = genuine.split('.') as [string, string, string]
    const forged = `${head}.${encode({ ...CLAIMS, exp: NOW + 999 })}.${signature}`
    expect(await attempt(scheme, bearer(forged))).toEqual(mismatch)
  })

  test('is verified anew for each tenant', async () => {
    const scheme = create({ secret: ({ params }) => params['tenant'] })
    const given = bearer(hs256())
    expect(await attempt(scheme, { ...given, params: { tenant: secret } })).toEqual(accepted())
    expect(await attempt(scheme, { ...given, params: { tenant: 'other' } })).toEqual(mismatch)
  })

  test('is verified anew after an hour, with the keys there are then', async () => {
    let published = [jwk(rsaKeys.publicKey, { kid: 'a' })]
    const scheme = jwt({
      algorithms: ['RS256'],
      audience: false,
      jwks: 'https://keys.example.com/certs',
      directory: { find: () => published },
    })
    const given = bearer(rs256({ exp: NOW + 9999 }, { alg: 'RS256', kid: 'a' }))
    expect(await attempt(scheme, given)).toEqual(accepted())
    published = []
    expect(await attempt(scheme, { ...given, now: NOW + 3599 })).toEqual(accepted())
    expect(await attempt(scheme, { ...given, now: NOW + 3600 })).toEqual(mismatch)
  })
})

describe('algorithms and keys', () => {
  const PUBLIC = [
    { algorithm: 'RS256', keys: rsaKeys },
    { algorithm: 'RS384', keys: rsaKeys },
    { algorithm: 'RS512', keys: rsaKeys },
    { algorithm: 'PS256', keys: rsaKeys },
    { algorithm: 'PS384', keys: rsaKeys },
    { algorithm: 'PS512', keys: rsaKeys },
    { algorithm: 'ES256', keys: p256 },
    { algorithm: 'ES384', keys: p384 },
    { algorithm: 'EdDSA', keys: edwards },
  ] as const
  const message = { method: 'POST', url: AUDIENCE, headers: {}, body: Buffer.from('{}') }
  const privateKeyOf = ({ privateKey }: { privateKey: KeyObject }, algorithm: string) =>
    algorithm === 'EdDSA'
      ? new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url'))
      : privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const schemeOf = ({ algorithm, keys }: (typeof PUBLIC)[number]): Scheme =>
    jwt({
      algorithms: [algorithm],
      publicKey: pem(keys.publicKey),
      audience: AUDIENCE,
      issuer: 'sender',
      content: { claim: 'sha256' },
      kid: 'k',
    })

  test.each(PUBLIC)('$algorithm: what is signed is verified, by no other', async (one) => {
    const { algorithm, keys } = one
    const privateKey = privateKeyOf(keys, algorithm)
    const signed = await schemeOf(one).sign!(message, { now: NOW * 1000, privateKey })
    for (const other of PUBLIC) {
      const { status } = await attempt(schemeOf(other), signed)
      expect({ other: other.algorithm, status }).toEqual({
        other: other.algorithm,
        status: other === one ? 200 : 401,
      })
    }
    const head = signed.headers['authorization']!.slice('Bearer '.length).split('.')[0]!
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({
      alg: algorithm,
      typ: 'JWT',
      kid: 'k',
    })
  })

  test.each(['HS256', 'HS384', 'HS512'] as const)('%s', async (algorithm) => {
    const scheme = create({ algorithms: [algorithm], signedClaims: { more: 1 } })
    const signed = await scheme.sign!(message, { now: NOW * 1000 })
    expect(await attempt(scheme, signed)).toEqual(accepted())
    expect(
      (await attempt(create({ algorithms: [algorithm], secret: 'other' }), signed)).status,
    ).toBe(401)
  })

  test.each([
    { name: 'the PEM of the public key as a secret', key: pem(rsaKeys.publicKey) },
    { name: 'with its line end', key: `${pem(rsaKeys.publicKey)}\n` },
    { name: 'its DER', key: rsaKeys.publicKey.export({ format: 'der', type: 'spki' }) },
    { name: 'its modulus', key: jwk(rsaKeys.publicKey).n! },
    { name: 'nothing', key: '' },
  ])('confusion: HS256 with $name', async ({ key }) => {
    const sign = (signed: string) => mac(signed, key)
    for (const alg of ['HS256', 'RS256']) {
      const { status } = await attempt(createRsa(), bearer(assemble({ alg }, CLAIMS, sign)))
      expect(status).toBe(401)
    }
  })

  test('confusion: a key in the token', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const head = {
      alg: 'RS256',
      jwk: jwk(other.publicKey),
      jku: 'https://evil.example/',
      x5c: ['AAAA'],
    }
    const token = assemble(head, CLAIMS, (signed) =>
      nodeSign('sha256', Buffer.from(signed), other.privateKey).toString('base64url'),
    )
    expect(await attempt(createRsa(), bearer(token))).toEqual(mismatch)
  })

  const key = pem(rsaKeys.publicKey)
  const INVALID: readonly { name: string; options: object; code?: string }[] = [
    { name: 'no algorithm', options: { algorithms: [], secret } },
    { name: 'none', options: { algorithms: ['none'], secret } },
    { name: 'an inherited name', options: { algorithms: ['toString'], secret } },
    { name: 'a secret with RS256', options: { algorithms: ['RS256'], secret } },
    { name: 'a secret with both', options: { algorithms: ['HS256', 'RS256'], secret } },
    { name: 'a public key with HS256', options: { algorithms: ['HS256'], publicKey: key } },
    { name: 'a public key with both', options: { algorithms: ['RS256', 'HS256'], publicKey: key } },
    { name: 'both', options: { algorithms: ['HS256'], secret, publicKey: key } },
    { name: 'neither', options: { algorithms: ['HS256'] } },
    { name: 'no audience', options: { algorithms: ['HS256'], secret, audience: undefined } },
    { name: 'an empty audience', options: { algorithms: ['HS256'], secret, audience: '' } },
    { name: 'an empty list', options: { algorithms: ['HS256'], secret, audience: [] } },
    { name: 'an empty issuer', options: { algorithms: ['HS256'], secret, issuer: '' } },
    {
      name: 'a negative tolerance',
      options: { algorithms: ['HS256'], secret, clockToleranceSeconds: -1 },
    },
    {
      name: 'a negative tolerance past the end',
      options: { algorithms: ['HS256'], secret, lateToleranceSeconds: -1 },
    },
    { name: 'an age of 0', options: { algorithms: ['HS256'], secret, maxAgeSeconds: 0 } },
    { name: 'keys by http', options: { algorithms: ['RS256'], jwks: 'http://keys.example.com/' } },
    { name: 'keys by no URL', options: { algorithms: ['RS256'], jwks: 'certs' } },
    {
      name: 'no secret',
      options: { algorithms: ['HS256'], secret: undefined },
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'a PEM as secret',
      options: { algorithms: ['HS256'], secret: key },
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'a JWK as secret',
      options: { algorithms: ['HS256'], secret: JSON.stringify(jwk(p256.publicKey)) },
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'a key of another type',
      options: { algorithms: ['ES256'], publicKey: key },
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'a key of another curve',
      options: { algorithms: ['ES256'], publicKey: pem(p384.publicKey) },
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'a JWK for another algorithm',
      options: { algorithms: ['RS256'], publicKey: jwk(rsaKeys.publicKey, { alg: 'PS256' }) },
      code: 'ERR_SECRET_MALFORMED',
    },
  ]
  test.each(INVALID)('configuration: $name', ({ options, code = 'ERR_OPTION_INVALID' }) => {
    expect(() => jwt({ audience: AUDIENCE, ...options } as unknown as JwtOptions)).toThrow(
      expect.objectContaining({ name: 'TypeError', code }) as Error,
    )
  })

  test('each key is for the algorithms of its type, or the one it names', async () => {
    const publicKey = [
      jwk(p256.publicKey),
      jwk(rsaKeys.publicKey, { alg: 'PS256' }),
      jwk(rsaKeys.publicKey, { alg: 'RS384' }),
    ]
    const scheme = createRsa({ algorithms: ['RS256', 'PS256', 'RS384', 'ES256'], publicKey })
    expect(await attempt(scheme, bearer(rs256()))).toEqual(mismatch)
    const rs384 = assemble({ alg: 'RS384' }, CLAIMS, (signed) =>
      nodeSign('sha384', Buffer.from(signed), rsaKeys.privateKey).toString('base64url'),
    )
    expect(await attempt(scheme, bearer(rs384))).toEqual(accepted(2))
    // What node:crypto makes of an EC key whatever the algorithm is called.
    const disguised = assemble({ alg: 'RS256' }, CLAIMS, (signed) =>
      nodeSign('sha256', Buffer.from(signed), p256.privateKey).toString('base64url'),
    )
    expect(await attempt(scheme, bearer(disguised))).toEqual(mismatch)
  })

  test('of several keys, the one of the id counts', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const scheme = createRsa({
      publicKey: [jwk(other, { kid: 'a' }), jwk(rsaKeys.publicKey, { kid: 'b' })],
    })
    const verdictOf = async (kid?: string) =>
      attempt(scheme, bearer(rs256(CLAIMS, { alg: 'RS256', kid })))
    expect(await verdictOf('b')).toEqual(accepted(1))
    expect(await verdictOf('a')).toEqual(mismatch)
    expect(await verdictOf('c')).toEqual(mismatch)
    expect(await verdictOf()).toEqual(accepted(1))
  })
})

describe('published keys', () => {
  const url = 'https://keys.example.com/oauth2/v3/certs'
  const keys = [
    jwk(p256.publicKey, { kid: 'ec', alg: 'ES256', use: 'sig' }),
    jwk(rsaKeys.publicKey, { kid: 'rsa', alg: 'RS256', use: 'sig' }),
    { kty: 'RSA', kid: 'broken', n: '' },
    { kty: 'oct', kid: 'secret', k: encode('secret') },
  ]
  const serve = () => vi.fn(async () => Promise.resolve(Response.json({ keys })))
  const createPublished = (fetch: () => Promise<Response>) =>
    jwt({ algorithms: ['RS256'], audience: AUDIENCE, jwks: url, download: { fetch } })

  test.each([
    { name: 'by their id', kid: 'rsa', expected: accepted() },
    { name: 'without an id', kid: undefined, expected: accepted() },
    { name: 'by an unknown id', kid: 'other', expected: refused('ERR_KEY_UNKNOWN') },
    { name: 'of another type', kid: 'ec', expected: refused('ERR_KEY_UNKNOWN') },
    { name: 'a secret among them', kid: 'secret', expected: refused('ERR_KEY_UNKNOWN') },
    { name: 'a broken one', kid: 'broken', expected: refused('ERR_KEY_UNKNOWN') },
  ])('$name', async ({ kid, expected }) => {
    const token = rs256(CLAIMS, { alg: 'RS256', kid })
    expect(await attempt(createPublished(serve()), bearer(token))).toEqual(expected)
  })

  test('are downloaded once', async () => {
    const fetch = serve()
    const scheme = createPublished(fetch)
    for (let number = 0; number < 5; number++) {
      const token = rs256({ ...CLAIMS, number }, { alg: 'RS256', kid: 'rsa' })
      expect(await attempt(scheme, bearer(token))).toEqual(accepted())
    }
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  test('are not asked for what is no token', async () => {
    const fetch = serve()
    await attempt(createPublished(fetch), bearer(hs256()))
    expect(fetch).not.toHaveBeenCalled()
  })

  test('that can not be had make the sender try again', async () => {
    const scheme = createPublished(async () => Promise.reject(new Error('offline')))
    expect(await attempt(scheme, bearer(rs256()))).toEqual({
      status: 503,
      code: 'ERR_SECRET_UNAVAILABLE',
    })
  })
})

describe('properties', () => {
  test('any bit turned is refused', async () => {
    const cases = [
      { scheme: create(), token: hs256() },
      { scheme: createRsa(), token: rs256() },
    ]
    for (const { scheme, token } of cases) {
      await attempt(scheme, bearer(token))
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: token.length * 7 - 1 }), async (at) => {
          const codes = Array.from(token, (char) => char.charCodeAt(0))
          codes[Math.floor(at / 7)]! ^= 1 << (at % 7)
          const { status } = await attempt(scheme, bearer(String.fromCharCode(...codes)))
          expect(status).toBe(401)
        }),
        { numRuns: 300 },
      )
    }
  })

  test('nothing is thrown but our own errors', async () => {
    const scheme = createRsa()
    const part = fc.oneof(
      fc.string(),
      fc.json().map(encode),
      fc.constant(encode({ alg: 'RS256' })),
      fc.base64String(),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const { status, code } = await attempt(scheme, bearer(parts.join('.')))
        expect(status).toBe(401)
        expect(code).toMatch(/^ERR_SIGNATURE_/)
      }),
      { numRuns: 300 },
    )
  })
})
