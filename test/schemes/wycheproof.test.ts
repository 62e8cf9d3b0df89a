/** What our code makes of Wycheproof's vectors around the primitive: decoding, lengths, refusal. */
import { ed25519 } from 'webhook-target/schemes/ed25519'
import { ecdsa } from 'webhook-target/schemes/ecdsa'
import { hmac } from 'webhook-target/schemes/hmac'
import { rsa } from 'webhook-target/schemes/rsa'
import { expect, test } from 'vitest'
import { COUNTS, ed25519Groups, macGroups, signatureGroups } from '../vectors/wycheproof.ts'
import { attempt } from './attempt.ts'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

test.each([
  ['sha1', 160],
  ['sha256', 256],
  ['sha512', 512],
] as const)('hmac-%s accepts whole tags only', async (algorithm, fullSize) => {
  let seen = 0
  for (const { tagSize, tests } of macGroups(algorithm)) {
    for (const { tcId, key, msg, tag, result } of tests) {
      const scheme = hmac({ secret: bytes(key), header: 'x-signature', algorithm })
      const { status } = await attempt(scheme, {
        body: bytes(msg),
        headers: { 'x-signature': tag },
      })
      const genuine = result === 'valid' && tagSize === fullSize
      expect({ tcId, tagSize, status }).toEqual({ tcId, tagSize, status: genuine ? 200 : 401 })
      seen++
    }
  }
  expect(seen).toBe(COUNTS[`hmac_${algorithm}`])
})

test('ed25519', async () => {
  let seen = 0
  for (const { publicKey, publicKeyPem, tests } of ed25519Groups()) {
    for (const key of [publicKey.pk, publicKeyPem.trim()]) {
      const scheme = ed25519({ publicKey: key, header: 'x-signature' })
      for (const { tcId, msg, sig, result } of tests) {
        const request = { body: bytes(msg), headers: { 'x-signature': sig } }
        const { status } = await attempt(scheme, request)
        expect({ tcId, status }).toEqual({ tcId, status: result === 'valid' ? 200 : 401 })
        seen++
      }
    }
  }
  // With either spelling of each key.
  expect(seen).toBe(2 * COUNTS['ed25519']!)
})

test.each([
  {
    file: 'ecdsa_secp256r1_sha256',
    create: (publicKey: string) => ecdsa({ publicKey, header: 'x-signature', encoding: 'hex' }),
  },
  {
    file: 'ecdsa_secp256r1_sha256_p1363',
    create: (publicKey: string) =>
      ecdsa({ publicKey, header: 'x-signature', encoding: 'hex', format: 'p1363' }),
  },
  {
    file: 'rsa_signature_2048_sha256',
    create: (publicKey: string) => rsa({ publicKey, header: 'x-signature', encoding: 'hex' }),
  },
  {
    file: 'rsa_pss_2048_sha256_mgf1_32',
    create: (publicKey: string) =>
      rsa({ publicKey, header: 'x-signature', encoding: 'hex', algorithm: 'pss-sha256' }),
  },
])('$file', async ({ file, create }) => {
  let seen = 0
  for (const { publicKeyPem, tests } of signatureGroups(file)) {
    const scheme = create(publicKeyPem.trim())
    for (const { tcId, msg, sig, result } of tests) {
      const request = { body: bytes(msg), headers: { 'x-signature': sig } }
      const { status } = await attempt(scheme, request)
      // What is acceptable by Wycheproof (a DigestInfo without NULL) is accepted by neither backend.
      expect({ tcId, status }).toEqual({ tcId, status: result === 'valid' ? 200 : 401 })
      seen++
    }
  }
  expect(seen).toBe(COUNTS[file])
})
