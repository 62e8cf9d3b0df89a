import { configurationError } from '../errors.ts'
import type { SecretValue } from '../types.ts'
import { decode, encode } from './bytes.ts'

const KEY_BYTES = 32
/** In hex, the DER that stands before the 32 bytes: a SubjectPublicKeyInfo, and PKCS #8 (RFC 8410, sections 4 and 7). */
const PREFIXES = {
  'PUBLIC KEY': '302a300506032b6570032100',
  'PRIVATE KEY': '302e020100300506032b657004220420',
} as const

/**
 * The 32 bytes of a public key given as hex, base64, PEM or bytes.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function ed25519PublicKey(key: SecretValue): Uint8Array {
  const raw = readKey(key, 'PUBLIC KEY')
  if (raw?.length === KEY_BYTES) return raw
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    'The public key is not Ed25519: 32 bytes as hex, base64 or bytes, or PEM',
  )
}

/**
 * The 32 bytes of a private key; of the 64 of seed and public key together the first half.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function ed25519Seed(key: SecretValue | undefined): Uint8Array {
  const raw = key === undefined ? undefined : readKey(key, 'PRIVATE KEY')
  if (raw?.length === KEY_BYTES || raw?.length === 2 * KEY_BYTES) return raw.slice(0, KEY_BYTES)
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    'Signing needs privateKey, Ed25519: 32 bytes as hex, base64 or bytes, or PEM',
  )
}

function readKey(key: SecretValue, label: keyof typeof PREFIXES): Uint8Array | undefined {
  const bytes = typeof key === 'string' ? decodeKey(key, label) : key
  const at = PREFIXES[label].length / 2
  const isWrapped = bytes && encode(bytes.slice(0, at), 'hex') === PREFIXES[label]
  return isWrapped && bytes.length === at + KEY_BYTES ? bytes.slice(at) : bytes
}

function decodeKey(text: string, label: string): Uint8Array | undefined {
  const pem = new RegExp(`-----BEGIN ${label}-----([\\s\\S]+)-----END ${label}-----`).exec(text)
  if (pem) return decode(pem[1]!.replace(/\s/g, ''), 'base64')
  return /^[0-9a-f]+$/i.test(text) && text.length >= 2 * KEY_BYTES
    ? decode(text.toLowerCase(), 'hex')
    : decode(text, 'base64')
}
