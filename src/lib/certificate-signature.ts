import type { Chunk, HashAlgorithm } from './crypto.ts'
import { fromDer } from './ecdsa-der.ts'
import { ecdsa } from './ecdsa.ts'
import { publicKey, type PublicKey } from './public-key.ts'
import { rsa } from './rsa.ts'
import type { Certificate, CertificateSignature } from './x509.ts'

/** What certificates are signed with today. SHA-1 is broken for that: whoever is signed could choose a twin. */
const RSA_HASHES: Partial<Record<CertificateSignature, HashAlgorithm>> = {
  'rsa-sha256': 'sha256',
  'rsa-sha384': 'sha384',
  'rsa-sha512': 'sha512',
}
/** Each curve with the hash that is as strong. */
const CURVES = { 'ecdsa-sha256': 'p-256', 'ecdsa-sha384': 'p-384' } as const

/** Whether the key of the issuer made the signature: RSA (PKCS #1 v1.5) or ECDSA on P-256 and P-384. */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { signatureAlgorithm: algorithm, signature, signed } = certificate
  const key = keyOf(issuer)
  if (!key || !algorithm) return false
  return algorithm.startsWith('rsa')
    ? verifyRsa(key, RSA_HASHES[algorithm], [signed], signature)
    : verifyEcdsa(key, algorithm as keyof typeof CURVES, [signed], signature)
}

/** The key of a certificate, if it is of a type in use and strong enough. */
export function keyOf({ spki }: Certificate): PublicKey | undefined {
  try {
    return publicKey(spki, ['rsa', 'p-256', 'p-384'])
  } catch {
    return undefined
  }
}

async function verifyRsa(
  { type, jwk }: PublicKey,
  hash: HashAlgorithm | undefined,
  chunks: readonly Chunk[],
  signature: Uint8Array,
): Promise<boolean> {
  if (type !== 'rsa' || !hash) return false
  return rsa.verifier(jwk, { hash, padding: 'pkcs1' })(chunks, signature)
}

async function verifyEcdsa(
  { type, jwk }: PublicKey,
  algorithm: keyof typeof CURVES,
  chunks: readonly Chunk[],
  signature: Uint8Array,
): Promise<boolean> {
  const curve = CURVES[algorithm]
  const numbers = curve && fromDer(signature, curve)
  if (type !== curve || !numbers) return false
  return ecdsa.verifier(jwk, curve)(chunks, numbers)
}
