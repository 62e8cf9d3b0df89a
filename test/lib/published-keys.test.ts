/** The forms of published keys. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ParseKeys } from '../../src/lib/key-directory.ts'
import {
  jwks,
  pemMap,
  pemMember,
  pemText,
  tinkEcdsa,
  type Jwk,
} from '../../src/lib/published-keys.ts'

const read = <Key>(parse: ParseKeys<Key>, document: unknown) =>
  parse(
    new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document)),
    null,
  )

describe('a JSON Web Key Set', () => {
  const parse = jwks(['RS256'], (jwk: Jwk) => {
    if (jwk['kty'] === 'broken') throw new Error('cannot be imported')
    return jwk['kty'] === 'RSA' ? (jwk['n'] as string) : undefined
  })
  const usable = { kty: 'RSA', n: '1', kid: 'a' }

  test.each<{ name: string; key: unknown; expected: unknown[] }>([
    { name: 'with nothing but its type', key: usable, expected: [{ kid: 'a', key: '1' }] },
    { name: 'for signatures', key: { ...usable, use: 'sig' }, expected: [{ kid: 'a', key: '1' }] },
    { name: 'for encryption', key: { ...usable, use: 'enc' }, expected: [] },
    {
      name: 'to verify',
      key: { ...usable, key_ops: ['verify'] },
      expected: [{ kid: 'a', key: '1' }],
    },
    { name: 'to sign', key: { ...usable, key_ops: ['sign'] }, expected: [] },
    { name: 'with odd operations', key: { ...usable, key_ops: 'verify' }, expected: [] },
    {
      name: 'of the algorithm',
      key: { ...usable, alg: 'RS256' },
      expected: [{ kid: 'a', key: '1' }],
    },
    { name: 'of another algorithm', key: { ...usable, alg: 'RS512' }, expected: [] },
    { name: 'of another type', key: { ...usable, kty: 'EC' }, expected: [] },
    { name: 'that is broken', key: { ...usable, kty: 'broken' }, expected: [] },
    {
      name: 'without an id',
      key: { kty: 'RSA', n: '1' },
      expected: [{ kid: undefined, key: '1' }],
    },
    {
      name: 'with an odd id',
      key: { ...usable, kid: 7 },
      expected: [{ kid: undefined, key: '1' }],
    },
    { name: 'that is no object', key: 'RSA', expected: [] },
    { name: 'that is nothing', key: null, expected: [] },
  ])('a key $name', async ({ key, expected }) => {
    const other = { kty: 'RSA', n: '2', kid: 'b' }
    expect(await read(parse, { keys: [key, other] })).toEqual([...expected, { kid: 'b', key: '2' }])
  })

  test.each(['', '[]', 'null', '{"keys":{}}', '{}', '<html>', '\xff'])('%j is none', (document) => {
    expect(() => read(parse, document)).toThrow(Error)
  })

  test('has not more than 100 keys', () => {
    expect(() => read(parse, { keys: Array.from({ length: 101 }, () => usable) })).toThrow(
      'more than 100',
    )
  })
})

describe('PEM', () => {
  const prepare = (pem: string) => {
    if (!pem.startsWith('-----')) throw new Error('no PEM')
    return pem.length
  }

  test('by id', async () => {
    expect(await read(pemMap(prepare), { a: '-----', b: 7, c: 'x', d: '------' })).toEqual([
      { kid: 'a', key: 5 },
      { kid: 'd', key: 6 },
    ])
  })

  test('in a member', async () => {
    const parse = pemMember('config.webhook.public_key', prepare)
    expect(await read(parse, { config: { webhook: { public_key: '-----' } } })).toEqual([
      { kid: undefined, key: 5 },
    ])
    expect(() => read(parse, { config: {} })).toThrow('there is no config.webhook.public_key')
    expect(() => read(parse, { config: { webhook: { public_key: 'x' } } })).toThrow('no PEM')
  })

  test('by itself', async () => {
    expect(await read(pemText(prepare), '-----')).toEqual([{ kid: undefined, key: 5 }])
    expect(() => read(pemText(prepare), '<html>')).toThrow('no PEM')
  })
})

describe('a Tink keyset', () => {
  const typeUrl = 'type.googleapis.com/google.crypto.tink.EcdsaPublicKey'
  const keyset = (value: string, changes: object = {}) => ({
    primaryKeyId: 611814836,
    key: [
      {
        keyData: { keyMaterialType: 'ASYMMETRIC_PUBLIC', typeUrl, value },
        keyId: 611814836,
        outputPrefixType: 'TINK',
        status: 'ENABLED',
        ...changes,
      },
    ],
  })
  /** From the example of github.com/google/tink, go/signature/signature_test.go; and one with a long y. */
  const PUBLISHED = [
    'EgYIAxACGAIaIBIkmfbtpw7b2bg4FoBrFUyGef1dPDeMnFLKU19EWEa5IiB6RMB8UHdWyJpMjL1dm6rVG4DIebj0k3Z1BBqz13beeg==',
    'EgYIAxACGAIaIG3K2hTQfWh39VaMtsqjv96Ko97wvPUsisu7PFUCW2w+IiEApC5XlM9t5AKpFTuHXGMSWneec3WyTXnN5ROfxMt7h5U=',
  ]
  const parse = tinkEcdsa((point) => point)

  test.each(PUBLISHED)('holds a point of the curve: %s', async (value) => {
    const [found] = await read(parse, keyset(value))
    expect(found?.kid).toBe('24778db4')
    const [x, y] = [found!.key.slice(1, 33), found!.key.slice(33)].map((part) =>
      Buffer.from(part).toString('base64url'),
    )
    // Refused by OpenSSL if it is not on the curve.
    const jwk = { kty: 'EC', crv: 'P-256', x: x!, y: y! }
    expect(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyType).toBe('ec')
  })

  test('writes coordinates with as few bytes as they need', async () => {
    for (let runs = 0; runs < 20; runs++) {
      const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
        format: 'jwk',
      })
      const coordinates = [x!, y!].map((text) => Buffer.from(text, 'base64url'))
      const short = coordinates.map((bytes) => bytes.subarray(bytes.findIndex((byte) => byte > 0)))
      const message = Buffer.concat([
        Buffer.from('12060803100218021a', 'hex'),
        Buffer.from([short[0]!.length]),
        short[0]!,
        Buffer.from([0x22, short[1]!.length]),
        short[1]!,
      ])
      const [found] = await read(parse, keyset(message.toString('base64')))
      expect(Buffer.from(found!.key)).toEqual(Buffer.concat([Buffer.from([4]), ...coordinates]))
    }
  })

  const encoded = (change: (message: Buffer) => Buffer) =>
    change(Buffer.from(PUBLISHED[0]!, 'base64')).toString('base64')

  test.each<{ name: string; document: unknown }>([
    { name: 'disabled', document: keyset(PUBLISHED[0]!, { status: 'DISABLED' }) },
    { name: 'raw', document: keyset(PUBLISHED[0]!, { outputPrefixType: 'RAW' }) },
    { name: 'without an id', document: keyset(PUBLISHED[0]!, { keyId: 2 ** 32 }) },
    { name: 'without data', document: keyset(PUBLISHED[0]!, { keyData: null }) },
    {
      name: 'of another type',
      document: keyset(PUBLISHED[0]!, { keyData: { typeUrl: `${typeUrl}2`, value: PUBLISHED[0] } }),
    },
    { name: 'with another hash', document: keyset(encoded((m) => (m.writeUInt8(4, 3), m))) },
    { name: 'of another curve', document: keyset(encoded((m) => (m.writeUInt8(3, 5), m))) },
    { name: 'not in DER', document: keyset(encoded((m) => (m.writeUInt8(1, 7), m))) },
    { name: 'cut off', document: keyset(encoded((m) => m.subarray(0, -1))) },
    { name: 'going on', document: keyset(encoded((m) => Buffer.concat([m, Buffer.of(0x80)]))) },
    { name: 'that is not base64', document: keyset('!') },
    { name: 'that is empty', document: keyset('') },
  ])('has a key $name, which is skipped', async ({ document }) => {
    expect(await read(parse, document)).toEqual([])
  })
})
