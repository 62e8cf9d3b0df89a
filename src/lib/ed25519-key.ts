import { configurationError } from '../errors.ts'
import type { SecretValue } from '../types.ts'
import { decode } from './bytes.ts'

const KEY_BYTES = 32
/** The DER that stands before the 32 bytes in a SubjectPublicKeyInfo (RFC 8410, section 4). */
const SPKI_PREFIX_BYTES = 12

/**
 * The 32 bytes of a public key given as hex, base64, PEM or bytes.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function ed25519PublicKey(key: SecretValue): Uint8Array {
  const bytes = typeof key === 'string' ? decodeKey(key, 'PUBLIC KEY') : key
  const raw =
    bytes?.length === SPKI_PREFIX_BYTES + KEY_BYTES ? bytes.slice(SPKI_PREFIX_BYTES) : bytes
  if (raw?.length === KEY_BYTES) return raw
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    'The public key is not 32 bytes as hex, base64 or PEM',
  )
}

/**
 * The 32 bytes of a private key; of the 64 of seed and public key together the first half.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function ed25519Seed(key: SecretValue | undefined): Uint8Array {
  const bytes = typeof key === 'string' ? decodeKey(key, 'PRIVATE KEY') : key
  if (bytes && (bytes.length === KEY_BYTES || bytes.length === 2 * KEY_BYTES))
    return bytes.slice(0, KEY_BYTES)
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    'Signing needs privateKey: 32 bytes as hex, base64 or bytes',
  )
}

function decodeKey(text: string, label: string): Uint8Array | undefined {
  const pem = new RegExp(`-----BEGIN ${label}-----([\\s\\S]+)-----END ${label}-----`).exec(text)
  if (pem) return decode(pem[1]!.replace(/\s/g, ''), 'base64')
  return /^[0-9a-f]+$/i.test(text) && text.length >= 2 * KEY_BYTES
    ? decode(text.toLowerCase(), 'hex')
    : decode(text, 'base64')
}
