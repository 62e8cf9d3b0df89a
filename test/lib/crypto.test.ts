/** Both backends side by side, whichever of them the runtime chooses. */
import nodeModule, { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encode, type TextEncoding } from '../../src/lib/bytes.ts'
import {
  nodeCrypto,
  webCrypto,
  type Chunk,
  type Crypto,
  type HashAlgorithm,
} from '../../src/lib/crypto.ts'
import { nodeEd25519, webEd25519, type Ed25519 } from '../../src/lib/ed25519.ts'
import { COUNTS, ed25519Groups, macGroups } from '../vectors/wycheproof.ts'

type NodeModule = Parameters<typeof nodeCrypto>[0]

/** node:crypto as it was before it had a hash of one call. */
const older = { ...nodeModule, hash: undefined } as unknown as NodeModule

const current = nodeModule as unknown as NodeModule
const BACKENDS: readonly (readonly [name: string, crypto: Crypto, ed25519: Ed25519])[] = [
  ['node', nodeCrypto(current), nodeEd25519(current)],
  ['node without hash()', nodeCrypto(older), nodeEd25519(older)],
  ['web', webCrypto(globalThis.crypto), webEd25519(globalThis.crypto)],
]
const ALGORITHMS: readonly HashAlgorithm[] = ['sha1', 'sha256', 'sha384', 'sha512']
const ENCODINGS: readonly TextEncoding[] = ['hex', 'base64', 'base64url']

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const utf8 = (text: string) => new TextEncoder().encode(text)

/** https://www.rfc-editor.org/rfc/rfc4231#section-4, without the truncated case 5 */
const RFC_4231: readonly {
  key: Uint8Array
  data: Uint8Array
  digests: Partial<Record<HashAlgorithm, string>>
}[] = [
  {
    key: hex('0b'.repeat(20)),
    data: utf8('Hi There'),
    digests: {
      sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      sha384:
        'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
      sha512:
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    },
  },
  {
    key: utf8('Jefe'),
    data: utf8('what do ya want for nothing?'),
    digests: {
      sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      sha384:
        'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
      sha512:
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    },
  },
  {
    key: hex('aa'.repeat(20)),
    data: hex('dd'.repeat(50)),
    digests: { sha256: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe' },
  },
  {
    key: hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    data: hex('cd'.repeat(50)),
    digests: { sha256: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b' },
  },
  {
    key: hex('aa'.repeat(131)),
    data: utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    digests: { sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54' },
  },
  {
    key: hex('aa'.repeat(131)),
    data: utf8(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    digests: { sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2' },
  },
]

describe.each(BACKENDS)('%s', (name, crypto, ed25519) => {
  test('says which one it is', () => {
    expect(crypto.name).toBe(name.split(' ')[0])
  })

  test.each(RFC_4231.map((vector, index) => [index + 1, vector] as const))(
    'RFC 4231, vector %i',
    async (_, { key, data, digests }) => {
      for (const [algorithm, digest] of Object.entries(digests)) {
        expect(await crypto.hmac(algorithm as HashAlgorithm, key)([data], 'hex')).toBe(digest)
      }
    },
  )

  test.each(['sha1', 'sha256', 'sha512'] as const)('Wycheproof, hmac-%s', async (algorithm) => {
    let full = 0
    for (const { tagSize, tests } of macGroups(algorithm)) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const digest = await crypto.hmac(algorithm, hex(key))([hex(msg)], 'hex')
        // The groups with shorter tags tell of the beginning of the digest.
        const matches = digest.slice(0, tagSize / 4) === tag
        expect({ tcId, matches }).toEqual({ tcId, matches: result === 'valid' })
        full++
      }
    }
    expect(full).toBe(COUNTS[`hmac_${algorithm}`])
  })

  test('Wycheproof, ed25519', async () => {
    let count = 0
    for (const { publicKey, tests } of ed25519Groups()) {
      const verify = ed25519.verifier(hex(publicKey.pk))
      for (const { tcId, msg, sig, result } of tests) {
        const valid = await verify([hex(msg)], hex(sig))
        expect({ tcId, valid }).toEqual({ tcId, valid: result === 'valid' })
        count++
      }
    }
    expect(count).toBe(COUNTS['ed25519'])
  })

  // https://www.rfc-editor.org/rfc/rfc8032#section-7.1, test 3
  test('RFC 8032, a signature from its seed', async () => {
    const sign = ed25519.signer(
      hex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'),
    )
    expect(encode(await sign([hex('af'), hex('82')]), 'hex')).toBe(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    )
  })

  describe.each(ALGORITHMS)('%s agrees with createHmac and createHash', (algorithm) => {
    // Around the block sizes, and around the length up to which a message is hashed in one call.
    const keys = [1, 20, 63, 64, 65, 127, 128, 129, 1000]
    const messages: readonly (readonly Chunk[])[] = [
      [],
      [''],
      ['a', new Uint8Array([0, 255]), '\u00e9\ud83d\udc09', ''],
      ['\ud800'],
      [new Uint8Array(65_535).fill(1)],
      [new Uint8Array(65_536).fill(1)],
      ['v0:', new Uint8Array(65_537).fill(1)],
      [new Uint8Array(200_000).fill(1), '.', new Uint8Array(200_000).fill(2)],
    ]

    test.each(keys)('with a key of %i bytes', async (length) => {
      const key = new Uint8Array(length).fill(7)
      const hmac = crypto.hmac(algorithm, key)
      for (const chunks of messages) {
        for (const encoding of ENCODINGS) {
          const expected = createHmac(algorithm, key)
          for (const chunk of chunks)
            expected.update(typeof chunk === 'string' ? utf8(chunk) : chunk)
          expect(await hmac(chunks, encoding)).toBe(expected.digest(encoding))
        }
      }
    })

    test('with no key', async () => {
      for (const encoding of ENCODINGS) {
        const expected = createHash(algorithm).update('abc').digest(encoding)
        expect(await crypto.hash(algorithm, utf8('abc'), encoding)).toBe(expected)
      }
    })
  })

  test('one key can be used by many at once', async () => {
    const hmac = crypto.hmac('sha256', utf8('key'))
    const numbers = Array.from({ length: 50 }, (_, n) => n)
    const digests = await Promise.all(numbers.map(async (n) => hmac([`${n}`], 'hex')))
    expect(digests).toEqual(
      numbers.map((n) => createHmac('sha256', 'key').update(`${n}`).digest('hex')),
    )
  })
})
