import { generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import { ed25519, type Ed25519Options } from 'webhook-target/schemes/ed25519'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519').publicKey
const raw = (key: typeof publicKey) => Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()

const body = '{"type":2}'
const timestamp = `${NOW}`
const signature = nodeSign(null, Buffer.from(timestamp + body), privateKey)
const mismatch = refused('ERR_SIGNATURE_MISMATCH')
const malformed = refused('ERR_SIGNATURE_MALFORMED')

const create = (options: Partial<Ed25519Options> = {}) =>
  ed25519({
    publicKey: raw(publicKey).toString('hex'),
    header: 'x-signature',
    content: '{timestamp}{body}',
    timestamp: { header: 'x-timestamp' },
    ...options,
  })
const headers = (value: string, time = timestamp) => ({ 'x-signature': value, 'x-timestamp': time })

describe('signatures', () => {
  const hex = signature.toString('hex')

  test.each([
    { name: 'right', headers: headers(hex), expected: accepted() },
    { name: 'of another time', headers: headers(hex, `${NOW + 1}`), expected: mismatch },
    { name: 'of another body', headers: headers(hex), body: `${body} `, expected: mismatch },
    {
      name: 'with a bit turned',
      headers: headers(`${(signature[0]! ^ 1).toString(16).padStart(2, '0')}${hex.slice(2)}`),
      expected: mismatch,
    },
    { name: 'all zero', headers: headers('0'.repeat(128)), expected: mismatch },
    {
      name: 'in upper case',
      headers: headers(hex.toUpperCase()),
      expected: /[a-f]/.test(hex) ? malformed : accepted(),
    },
    { name: 'short of a digit', headers: headers(hex.slice(1)), expected: malformed },
    { name: 'short of a byte', headers: headers(hex.slice(2)), expected: malformed },
    { name: 'longer by a byte', headers: headers(`${hex}00`), expected: malformed },
    { name: 'in base64', headers: headers(signature.toString('base64')), expected: malformed },
    { name: 'text', headers: headers('example invalid signature'), expected: malformed },
    { name: 'twice', headers: headers(`${hex}, ${hex}`), expected: malformed },
    {
      name: 'missing',
      headers: { 'x-timestamp': timestamp },
      expected: refused('ERR_SIGNATURE_MISSING'),
    },
    {
      name: 'without a time',
      headers: { 'x-signature': hex },
      expected: refused('ERR_TIMESTAMP_MISSING'),
    },
    {
      name: 'too old',
      headers: headers(hex),
      now: NOW + 301,
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
  ])('$name', async ({ expected, ...request }) => {
    expect(await attempt(create(), { body, ...request })).toEqual(expected)
  })

  test('in base64', async () => {
    const scheme = create({ encoding: 'base64' })
    const base64 = signature.toString('base64')
    expect(await attempt(scheme, { body, headers: headers(base64) })).toEqual(accepted())
    expect(await attempt(scheme, { body, headers: headers(hex) })).toEqual(malformed)
    const unpadded = base64.replace(/=+$/, '')
    expect(await attempt(scheme, { body, headers: headers(unpadded) })).toEqual(malformed)
  })
})

describe('public keys', () => {
  test.each([
    { name: 'hex', key: raw(publicKey).toString('hex') },
    { name: 'upper-case hex', key: raw(publicKey).toString('hex').toUpperCase() },
    { name: 'base64', key: raw(publicKey).toString('base64') },
    {
      name: 'base64 of the whole structure',
      key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    },
    { name: 'PEM', key: pem.trim() },
    { name: 'PEM that ends with its line end', key: pem },
    { name: 'PEM with other line ends', key: pem.trim().replaceAll('\n', '\r\n') },
    { name: 'bytes', key: new Uint8Array(raw(publicKey)) },
  ])('$name', async ({ key }) => {
    const request = { body, headers: headers(signature.toString('hex')) }
    expect(await attempt(create({ publicKey: key }), request)).toEqual(accepted())
  })

  test.each([
    { name: 'too short', key: 'ab'.repeat(31) },
    { name: 'too long', key: 'ab'.repeat(33) },
    { name: 'text', key: 'not a key' },
    { name: 'bytes too short', key: new Uint8Array(31) },
    {
      name: 'a key to agree on keys, as long as ours',
      key: generateKeyPairSync('x25519')
        .publicKey.export({ format: 'pem', type: 'spki' })
        .toString(),
    },
    { name: 'a PEM of nothing', key: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----' },
    {
      name: 'a private key',
      key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().trim(),
    },
  ])('$name throws', ({ key }) => {
    expect(() => create({ publicKey: key })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_SECRET_MALFORMED' }) as Error,
    )
  })

  test.each([
    { name: 'a function', publicKey: () => pem },
    { name: 'several of a function', publicKey: () => [pem] },
  ])('PEM of $name', async ({ publicKey: source }) => {
    const request = { body, headers: headers(signature.toString('hex')) }
    expect(await attempt(create({ publicKey: source }), request)).toEqual(accepted())
  })

  test('several', async () => {
    const scheme = create({ publicKey: [raw(other).toString('hex'), pem.trim()] })
    const request = { body, headers: headers(signature.toString('hex')) }
    expect(await attempt(scheme, request)).toEqual(accepted(1))
  })
})

describe('private keys', () => {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const seed = der.subarray(-32)
  const message = {
    method: 'POST',
    url: 'https://hooks.example.com/',
    headers: {},
    body: new TextEncoder().encode(body),
  }
  const sign = (key: string | Uint8Array) =>
    create().sign!(message, { now: NOW * 1000, privateKey: key })

  test.each([
    { name: 'hex', key: seed.toString('hex') },
    { name: 'base64', key: seed.toString('base64') },
    { name: 'bytes', key: new Uint8Array(seed) },
    { name: 'both keys', key: Buffer.concat([seed, raw(publicKey)]).toString('hex') },
    { name: 'PEM', key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() },
    { name: 'bytes of the whole structure', key: new Uint8Array(der) },
  ])('$name', async ({ key }) => {
    const signed = await sign(key)
    expect(signed.headers['x-signature']).toBe(signature.toString('hex'))
  })

  test.each([
    { name: 'too short', key: 'ab'.repeat(31) },
    { name: 'a public key', key: pem },
    {
      name: 'a key of another kind',
      key: generateKeyPairSync('x25519')
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString(),
    },
  ])('$name signs nothing', async ({ key }) => {
    await expect(async () => sign(key)).rejects.toMatchObject({ code: 'ERR_SECRET_MALFORMED' })
  })
})
