/** RSA and ECDSA on both backends side by side, whichever of them the runtime chooses. */
import nodeModule, { generateKeyPairSync } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64url } from '../../src/lib/base64url.ts'
import type { NodeCrypto } from '../../src/lib/crypto.ts'
import { nodeEcdsa, webEcdsa } from '../../src/lib/ecdsa.ts'
import { publicKey, type KeyType } from '../../src/lib/public-key.ts'
import { nodeRsa, webRsa, type RsaAlgorithm } from '../../src/lib/rsa.ts'
import { signatureGroups } from '../vectors/wycheproof.ts'

const node = nodeModule as unknown as NodeCrypto
const BACKENDS = [
  { name: 'node', rsa: nodeRsa(node), ecdsa: nodeEcdsa(node) },
  { name: 'web', rsa: webRsa(globalThis.crypto), ecdsa: webEcdsa(globalThis.crypto) },
] as const
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const keyOf = (pem: string, type: KeyType) => publicKey(pem.trim(), [type]).jwk
const utf8 = new TextEncoder().encode('signed by one, verified by the other')

describe.each(BACKENDS)('Wycheproof, $name', ({ rsa, ecdsa }) => {
  test.each<{ file: string; algorithm: RsaAlgorithm }>([
    { file: 'rsa_signature_2048_sha256', algorithm: { hash: 'sha256', padding: 'pkcs1' } },
    { file: 'rsa_pss_2048_sha256_mgf1_32', algorithm: { hash: 'sha256', padding: 'pss' } },
  ])('$file', async ({ file, algorithm }) => {
    for (const { publicKeyPem, tests } of signatureGroups(file)) {
      const verify = rsa.verifier(keyOf(publicKeyPem, 'rsa'), algorithm)
      for (const { tcId, msg, sig, result } of tests) {
        const valid = await verify([hex(msg)], hex(sig))
        expect({ tcId, valid }).toEqual({ tcId, valid: result === 'valid' })
      }
    }
  })

  test('ecdsa_secp256r1_sha256_p1363', async () => {
    for (const { publicKeyPem, tests } of signatureGroups('ecdsa_secp256r1_sha256_p1363')) {
      const verify = ecdsa.verifier(keyOf(publicKeyPem, 'p-256'), 'p-256')
      for (const { tcId, msg, sig, result } of tests) {
        const valid = await verify([hex(msg)], hex(sig))
        expect({ tcId, valid }).toEqual({ tcId, valid: result === 'valid' })
      }
    }
  })
})

test('with node:crypto nothing has to be waited for', () => {
  const [{ rsa, ecdsa }] = BACKENDS
  const forRsa = signatureGroups('rsa_signature_2048_sha256')[0]!.publicKeyPem
  const forEcdsa = signatureGroups('ecdsa_secp256r1_sha256')[0]!.publicKeyPem
  const signature = new Uint8Array(256).fill(1)
  for (const padding of ['pkcs1', 'pss'] as const) {
    const verify = rsa.verifier(keyOf(forRsa, 'rsa'), { hash: 'sha256', padding })
    expect(verify([utf8], signature)).toBe(false)
  }
  const verify = ecdsa.verifier(keyOf(forEcdsa, 'p-256'), 'p-256')
  expect(verify([utf8], signature.subarray(0, 64))).toBe(false)
})

test('numbers out of range are refused even if the backend would take them', async () => {
  const key = keyOf(signatureGroups('ecdsa_secp256r1_sha256')[0]!.publicKeyPem, 'p-256')
  const credulousNode = { ...node, verify: () => true }
  const credulousWeb = {
    subtle: {
      importKey: async () => Promise.resolve({}),
      verify: async () => Promise.resolve(true),
    },
  } as unknown as Crypto
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const [zero, one, last] = ['0'.repeat(64), `${'0'.repeat(63)}1`, order.replace(/1$/, '0')]
  for (const backend of [nodeEcdsa(credulousNode), webEcdsa(credulousWeb)]) {
    const verify = backend.verifier(key, 'p-256')
    for (const signature of [one + one, last + last]) {
      expect(await verify([utf8], hex(signature))).toBe(true)
    }
    for (const signature of [
      zero + one,
      one + zero,
      order + one,
      one + order,
      one,
      one + one + one,
    ]) {
      expect(await verify([utf8], hex(signature))).toBe(false)
    }
  }
})

describe('what one backend signs the other verifies', () => {
  const [first, second] = BACKENDS
  const pairs = [
    [first, second],
    [second, first],
  ] as const
  const { publicKey: spki, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rsaKey = keyOf(spki.export({ format: 'pem', type: 'spki' }).toString(), 'rsa')
  const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))

  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('RSA, %s', async (hash) => {
    for (const padding of ['pkcs1', 'pss'] as const) {
      for (const [signer, verifier] of pairs) {
        const algorithm = { hash, padding }
        const signature = await signer.rsa.signer(pkcs8, algorithm)([utf8])
        expect(await verifier.rsa.verifier(rsaKey, algorithm)([utf8], signature)).toBe(true)
      }
    }
  })

  test.each([
    { curve: 'p-256', namedCurve: 'P-256' },
    { curve: 'p-384', namedCurve: 'P-384' },
  ] as const)('ECDSA, $curve', async ({ curve, namedCurve }) => {
    const pair = generateKeyPairSync('ec', { namedCurve })
    const key = keyOf(pair.publicKey.export({ format: 'pem', type: 'spki' }).toString(), curve)
    const der = new Uint8Array(pair.privateKey.export({ format: 'der', type: 'pkcs8' }))
    for (const [signer, verifier] of pairs) {
      const signature = await signer.ecdsa.signer(der, curve)([utf8])
      expect(await verifier.ecdsa.verifier(key, curve)([utf8], signature)).toBe(true)
    }
  })
})

describe('base64url', () => {
  test('reads what Buffer writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes)
      }),
    )
  })

  test('reads nothing else', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 9 }).map((bytes) => String.fromCharCode(...bytes)),
      fc
        .array(fc.constantFrom('A', 'Q', 'g', 'z', '9', '-', '_', '=', '+', '/', '\u0141'), {
          maxLength: 9,
        })
        .map((chars) => chars.join('')),
    )
    fc.assert(
      fc.property(text, (given) => {
        const bytes = decodeBase64url(given)
        const canonical = Buffer.from(given, 'base64url').toString('base64url') === given
        expect(bytes !== undefined).toBe(canonical)
      }),
      { numRuns: 300 },
    )
  })
})
