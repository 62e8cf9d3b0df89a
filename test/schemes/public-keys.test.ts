/** RSA and ECDSA: what is a signature, and what is a key. */
import { constants, generateKeyPairSync, sign as nodeSign, type KeyObject } from 'node:crypto'
import type { Scheme } from 'webhook-target'
import { ecdsa, type EcdsaOptions } from 'webhook-target/schemes/ecdsa'
import { rsa, type RsaOptions } from 'webhook-target/schemes/rsa'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const rsaKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const edwards = generateKeyPairSync('ed25519')

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString().trim()
const der = (key: KeyObject) => key.export({ format: 'der', type: 'spki' })
const pkcs8 = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, string>

const body = '{"type":"test"}'
const mismatch = refused('ERR_SIGNATURE_MISMATCH')
const malformed = refused('ERR_SIGNATURE_MALFORMED')
const header = 'x-signature'
const withSignature = (signature: Buffer | string) => ({
  body,
  headers: { [header]: typeof signature === 'string' ? signature : signature.toString('base64') },
})
const createRsa = (options: Partial<RsaOptions> = {}) =>
  rsa({ publicKey: pem(rsaKeys.publicKey), header, ...options })
const createEcdsa = (options: Partial<EcdsaOptions> = {}) =>
  ecdsa({ publicKey: pem(p256.publicKey), header, ...options })

const SALT = { sha256: 32, sha384: 48, sha512: 64 } as const
const signPss = (hash: keyof typeof SALT, saltLength: number = SALT[hash]) =>
  nodeSign(hash, Buffer.from(body), {
    key: rsaKeys.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength,
  })
const RSA_SIGNATURES = {
  sha1: nodeSign('sha1', Buffer.from(body), rsaKeys.privateKey),
  sha256: nodeSign('sha256', Buffer.from(body), rsaKeys.privateKey),
  sha384: nodeSign('sha384', Buffer.from(body), rsaKeys.privateKey),
  sha512: nodeSign('sha512', Buffer.from(body), rsaKeys.privateKey),
  'pss-sha256': signPss('sha256'),
  'pss-sha384': signPss('sha384'),
  'pss-sha512': signPss('sha512'),
} as const
const algorithms = Object.keys(RSA_SIGNATURES) as (keyof typeof RSA_SIGNATURES)[]

describe('rsa', () => {
  test.each(algorithms)('%s takes its own signatures and no others', async (algorithm) => {
    const scheme = createRsa({ algorithm })
    for (const [other, signature] of Object.entries(RSA_SIGNATURES)) {
      const verdict = await attempt(scheme, withSignature(signature))
      expect({ other, ...verdict }).toEqual({
        other,
        ...(other === algorithm ? accepted() : mismatch),
      })
    }
  })

  test('a salt of another length is another algorithm', async () => {
    const scheme = createRsa({ algorithm: 'pss-sha256' })
    for (const salt of [0, 20, 64]) {
      expect(await attempt(scheme, withSignature(signPss('sha256', salt)))).toEqual(mismatch)
    }
  })

  test.each([
    {
      name: 'a byte longer',
      change: (whole: Buffer) => Buffer.concat([whole, Buffer.of(0)]),
      expected: mismatch,
    },
    {
      name: 'with a zero before it',
      change: (whole: Buffer) => Buffer.concat([Buffer.of(0), whole]),
      expected: mismatch,
    },
    { name: 'a byte shorter', change: (whole: Buffer) => whole.subarray(1), expected: malformed },
    { name: 'all zero', change: (whole: Buffer) => Buffer.alloc(whole.length), expected: mismatch },
    {
      name: 'larger than the modulus',
      change: (whole: Buffer) => Buffer.alloc(whole.length, 255),
      expected: mismatch,
    },
    {
      name: 'without its padding',
      change: (whole: Buffer) => whole.toString('base64').replace(/=+$/, ''),
      expected: malformed,
    },
    {
      name: 'in hex',
      change: (whole: Buffer) => whole.toString('hex'),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'with a line end',
      change: (whole: Buffer) => whole.toString('base64').replace(/.{76}/, '$&\n'),
      expected: malformed,
    },
  ])('refused: $name', async ({ change, expected }) => {
    expect(await attempt(createRsa(), withSignature(change(RSA_SIGNATURES.sha256)))).toEqual(
      expected,
    )
  })
})

describe('ecdsa', () => {
  const signature = nodeSign('sha256', Buffer.from(body), p256.privateKey)
  const [r, s] = readNumbers(signature)
  const fixed = nodeSign('sha256', Buffer.from(body), {
    key: p256.privateKey,
    dsaEncoding: 'ieee-p1363',
  })

  test.each<{ name: string; scheme: Scheme; given: Buffer; expected: unknown }>([
    { name: 'DER', scheme: createEcdsa(), given: signature, expected: accepted() },
    { name: 'P1363', scheme: createEcdsa({ format: 'p1363' }), given: fixed, expected: accepted() },
    { name: 'P1363 for DER', scheme: createEcdsa(), given: fixed, expected: malformed },
    {
      name: 'DER for P1363',
      scheme: createEcdsa({ format: 'p1363' }),
      given: signature,
      expected: malformed,
    },
    {
      name: 'P-384',
      scheme: createEcdsa({ publicKey: pem(p384.publicKey), curve: 'p-384' }),
      given: nodeSign('sha384', Buffer.from(body), p384.privateKey),
      expected: accepted(),
    },
    {
      name: 'P-384 with another hash',
      scheme: createEcdsa({ publicKey: pem(p384.publicKey), curve: 'p-384' }),
      given: nodeSign('sha256', Buffer.from(body), p384.privateKey),
      expected: mismatch,
    },
    {
      name: 'a byte after it',
      scheme: createEcdsa(),
      given: Buffer.concat([signature, Buffer.of(0)]),
      expected: malformed,
    },
    {
      name: 'a long length',
      scheme: createEcdsa(),
      given: Buffer.of(0x30, 0x81, signature[1]!, ...signature.subarray(2)),
      expected: malformed,
    },
    {
      name: 'an endless length',
      scheme: createEcdsa(),
      given: Buffer.of(0x30, 0x80, ...signature.subarray(2), 0, 0),
      expected: malformed,
    },
    {
      name: 'a padded number',
      scheme: createEcdsa(),
      given: encodeNumbers([0, ...r], s),
      expected: malformed,
    },
    {
      name: 'a negative number',
      scheme: createEcdsa(),
      given: encodeNumbers([0x80, ...r.slice(1)], s),
      expected: malformed,
    },
    { name: 'no number', scheme: createEcdsa(), given: encodeNumbers([], s), expected: malformed },
    {
      name: 'three numbers',
      scheme: createEcdsa(),
      given: wrap([...encodeNumbers(r, s).subarray(2), 2, 1, 1]),
      expected: malformed,
    },
    {
      name: 'a number too long',
      scheme: createEcdsa(),
      given: encodeNumbers([1, ...Buffer.alloc(33)], s),
      expected: malformed,
    },
    { name: 'r of zero', scheme: createEcdsa(), given: encodeNumbers([0], s), expected: mismatch },
    { name: 's of zero', scheme: createEcdsa(), given: encodeNumbers(r, [0]), expected: mismatch },
    { name: 'both one', scheme: createEcdsa(), given: encodeNumbers([1], [1]), expected: mismatch },
    { name: 'both swapped', scheme: createEcdsa(), given: encodeNumbers(s, r), expected: mismatch },
    {
      name: 'zeros',
      scheme: createEcdsa({ format: 'p1363' }),
      given: Buffer.alloc(64),
      expected: mismatch,
    },
    {
      name: 'above the order',
      scheme: createEcdsa({ format: 'p1363' }),
      given: Buffer.alloc(64, 255),
      expected: mismatch,
    },
    {
      name: 'a byte shorter',
      scheme: createEcdsa({ format: 'p1363' }),
      given: fixed.subarray(1),
      expected: malformed,
    },
  ])('$name', async ({ scheme, given, expected }) => {
    expect(await attempt(scheme, withSignature(given))).toEqual(expected)
  })

  test('as SendGrid has it: time and body, key in base64 without armour', async () => {
    const scheme = createEcdsa({
      publicKey: der(p256.publicKey).toString('base64'),
      content: '{timestamp}{body}',
      timestamp: { header: 'x-time' },
    })
    const given = nodeSign('sha256', Buffer.from(`${NOW}${body}`), p256.privateKey)
    const request = { body, headers: { [header]: given.toString('base64'), 'x-time': `${NOW}` } }
    expect(await attempt(scheme, request)).toEqual(accepted())
    expect(await attempt(scheme, { ...request, now: NOW + 301 })).toEqual(
      refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    )
  })
})

/** The bytes of r and s as they stand in DER. */
function readNumbers(signature: Buffer): [number[], number[]] {
  const length = signature[3]!
  return [[...signature.subarray(4, 4 + length)], [...signature.subarray(6 + length)]]
}
function encodeNumbers(r: readonly number[], s: readonly number[]): Buffer {
  return wrap([2, r.length, ...r, 2, s.length, ...s])
}
function wrap(content: readonly number[]): Buffer {
  return Buffer.of(0x30, content.length, ...content)
}

describe('signing', () => {
  test.each<{ name: string; scheme: Scheme; key: KeyObject }>([
    ...algorithms.map((algorithm) => ({
      name: algorithm,
      scheme: createRsa({ algorithm }),
      key: rsaKeys.privateKey,
    })),
    { name: 'p-256, DER', scheme: createEcdsa(), key: p256.privateKey },
    { name: 'p-256, P1363', scheme: createEcdsa({ format: 'p1363' }), key: p256.privateKey },
    {
      name: 'p-384',
      scheme: createEcdsa({ curve: 'p-384', publicKey: pem(p384.publicKey) }),
      key: p384.privateKey,
    },
  ])('$name', async ({ scheme, key }) => {
    const message = {
      method: 'POST',
      url: 'https://hooks.example.com/in',
      headers: {},
      body: Buffer.from(body),
    }
    // Often enough for numbers of every length.
    for (let round = 0; round < 20; round++) {
      const signed = await scheme.sign!(message, { now: NOW * 1000, privateKey: pkcs8(key) })
      expect(await attempt(scheme, signed)).toEqual(accepted())
      const flipped = flipBit(signed.headers[header]!, round)
      const verdict = await attempt(scheme, { ...signed, headers: { [header]: flipped } })
      expect(verdict.status).toBe(401)
    }
    for (const privateKey of [
      undefined,
      'no key',
      pem(rsaKeys.publicKey),
      pkcs8(edwards.privateKey),
    ]) {
      await expect(
        (async () => scheme.sign!(message, { now: 0, ...(privateKey && { privateKey }) }))(),
      ).rejects.toMatchObject({ code: 'ERR_SECRET_MALFORMED' })
    }
  })
})

function flipBit(base64: string, seed: number): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[(seed * 37) % bytes.length]! ^= 1 << (seed % 8)
  return bytes.toString('base64')
}

describe('keys', () => {
  const signature = withSignature(RSA_SIGNATURES.sha256)
  const own = rsaKeys.publicKey

  test.each<{ name: string; publicKey: RsaOptions['publicKey'] }>([
    { name: 'PEM', publicKey: pem(own) },
    { name: 'PEM with other line ends', publicKey: pem(own).replaceAll('\n', '\r\n') },
    { name: 'base64', publicKey: der(own).toString('base64') },
    { name: 'bytes', publicKey: new Uint8Array(der(own)) },
    { name: 'JWK', publicKey: jwk(own) },
    { name: 'JWK as text', publicKey: JSON.stringify(jwk(own)) },
    { name: 'a function', publicKey: () => pem(own) },
    { name: 'a function of a JWK', publicKey: async () => Promise.resolve([jwk(own)]) },
  ])('$name', async ({ publicKey }) => {
    expect(await attempt(createRsa({ publicKey }), signature)).toEqual(accepted())
  })

  test('several, the place of the one that fits', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const scheme = createRsa({ publicKey: [jwk(other), pem(own)] })
    expect(await attempt(scheme, signature)).toEqual(accepted(1))
  })

  const spki = der(own)
  const point = der(p256.publicKey)
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const even = jwk(own)
  const BAD_RSA: readonly { name: string; key: unknown }[] = [
    { name: 'text', key: 'not a key' },
    { name: 'an EC key', key: pem(p256.publicKey) },
    { name: 'an Ed25519 key', key: pem(edwards.publicKey) },
    { name: 'a private key', key: pkcs8(rsaKeys.privateKey).trim() },
    { name: 'a private JWK', key: jwk(rsaKeys.privateKey) },
    { name: 'a PKCS #1 key', key: own.export({ format: 'pem', type: 'pkcs1' }).toString().trim() },
    { name: '1024 bits', key: pem(short) },
    { name: '1024 bits as JWK', key: jwk(short) },
    { name: 'two keys in one text', key: `${pem(own)}\n${pem(own)}` },
    { name: 'a byte after it', key: Uint8Array.from([...spki, 0]) },
    { name: 'cut off', key: new Uint8Array(spki.subarray(0, -1)) },
    { name: 'an exponent of 1', key: { ...even, e: 'AQ' } },
    { name: 'an even exponent', key: { ...even, e: 'AQAC' } },
    { name: 'an exponent with a zero before it', key: { ...even, e: 'AAEAAQ' } },
    { name: 'a long exponent', key: { ...even, e: 'AQAAAAE' } },
    { name: 'no modulus', key: { kty: 'RSA', e: 'AQAB' } },
    { name: 'a modulus that is a number', key: { ...even, n: 3 } },
    { name: 'an even modulus', key: { ...even, n: Buffer.alloc(256, 0xfe).toString('base64url') } },
    { name: 'a JWK for encryption', key: { ...even, use: 'enc' } },
    { name: 'a JWK for other operations', key: { ...even, key_ops: ['encrypt'] } },
    { name: 'a JWK of a secret', key: { kty: 'oct', k: 'AQAB' } },
    { name: 'broken JSON', key: '{"kty":' },
  ]
  const x = jwk(p256.publicKey)
  const BAD_EC: readonly { name: string; key: unknown }[] = [
    { name: 'an RSA key', key: pem(own) },
    { name: 'another curve', key: pem(p384.publicKey) },
    {
      name: 'a point beside the curve',
      key: Uint8Array.from(point, (byte, at) => (at === point.length - 1 ? byte ^ 1 : byte)),
    },
    { name: 'a point beside the curve as JWK', key: { ...x, y: x['x'] } },
    { name: 'a compressed point', key: compress(point) },
    { name: 'the curve of another', key: { ...x, crv: 'P-384' } },
    { name: 'a type of another', key: { ...x, kty: 'RSA' } },
    { name: 'a short coordinate', key: { ...x, x: Buffer.alloc(31, 1).toString('base64url') } },
  ]

  test.each(BAD_RSA)('no RSA key: $name', ({ key }) => {
    expect(() => createRsa({ publicKey: key as string })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_SECRET_MALFORMED' }) as Error,
    )
  })

  test.each(BAD_EC)('no P-256 key: $name', ({ key }) => {
    expect(() => createEcdsa({ publicKey: key as string })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_SECRET_MALFORMED' }) as Error,
    )
  })

  test('the error does not show the key', () => {
    const key = `{"kty":"RSA","d":"sensitive`
    expect(() => createRsa({ publicKey: key })).toThrow(/^(?!.*sensitive)/)
  })

  test('of nothing', () => {
    expect(() => createRsa({ publicKey: undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error,
    )
  })

  test.each([
    { name: 'an algorithm', create: () => createRsa({ algorithm: 'md5' as 'sha1' }) },
    { name: 'an inherited name', create: () => createRsa({ algorithm: 'toString' as 'sha1' }) },
    { name: 'a curve', create: () => createEcdsa({ curve: 'p-521' as 'p-256' }) },
    { name: 'a format', create: () => createEcdsa({ format: 'ber' as 'der' }) },
  ])('options: $name that is unknown', ({ create }) => {
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error)
  })
})

/** SEC 1, section 2.3.3: the x coordinate and the parity of y. */
function compress(point: Buffer): Uint8Array {
  const prefix = point.subarray(0, -65)
  const bytes = [...prefix, 2 + (point.at(-1)! & 1), ...point.subarray(-64, -32)]
  bytes[1]! -= 32
  bytes[prefix.length - 2]! -= 32
  return Uint8Array.from(bytes)
}
