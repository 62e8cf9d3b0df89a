/**
 * Keys of other parties, in whatever way they are handed out, checked and brought to one form. Both crypto
 * backends take that form, so that neither has a say in what is a key.
 */
import { configurationError, messageOf } from '../errors.ts'
import type { SecretSource, SecretValue } from '../types.ts'
import { decode, encode } from './bytes.ts'
import { CURVE_NAMES, CURVES, isOnCurve, toNumber, type CurveName } from './curves.ts'
import { DerSequence, readBitString, readOid, readOnly, TAG, type DerValue } from './der.ts'
import { readPem } from './pem.ts'

export type KeyType = 'rsa' | CurveName | 'ed25519'

/** A public key as JSON (RFC 7517), with the members in use. */
export interface Jwk {
  readonly kty?: string | undefined
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly crv?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
}

/** PEM, JWK as text or object, DER as base64 or bytes (a SubjectPublicKeyInfo, RFC 5280, section 4.1). */
export type PublicKeyValue = SecretValue | Jwk

export interface PublicKey {
  readonly type: KeyType
  /** The numbers of the key and nothing else. */
  readonly jwk: Jwk
}

/** Shorter ones can be broken (NIST SP 800-131A); longer ones only cost time. */
const RSA_BITS = { min: 2048, max: 8192 } as const
/** Bytes; 65537, which nearly every key has, takes 3. */
const MAX_EXPONENT_BYTES = 4

const RSA_OID = '1.2.840.113549.1.1.1'
const EC_OID = '1.2.840.10045.2.1'
const ED25519_OID = '1.3.101.112'

const NAMES = { rsa: 'RSA', 'p-256': 'P-256', 'p-384': 'P-384', ed25519: 'Ed25519' } as const

/**
 * Reads a public key of one of the types.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function publicKey(value: SecretValue, types: readonly KeyType[]): PublicKey {
  const wanted = types.map((type) => NAMES[type]).join(' or ')
  let key: PublicKey
  try {
    key = readPublicKey(value)
  } catch (cause) {
    throw configurationError(
      'ERR_SECRET_MALFORMED',
      `The public key is not ${wanted} as PEM, JWK, base64 or bytes: ${messageOf(cause)}`,
    )
  }
  if (types.includes(key.type)) return key
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    `The public key is ${NAMES[key.type]}, and ${wanted} is what the algorithm takes`,
  )
}

/** Keys given as objects, as the text that stands for them. Of text the line end goes, with which PEM files end. */
export function asSecrets(
  source: SecretSource<PublicKeyValue> | undefined,
): SecretSource | undefined {
  if (typeof source !== 'function') return source && toTexts(source)
  return async (hint) => {
    const found = await source(hint)
    return found && toTexts(found)
  }
}

function toTexts(
  values: PublicKeyValue | readonly PublicKeyValue[],
): SecretValue | readonly SecretValue[] {
  return isList(values) ? values.map(toText) : toText(values)
}

const isList = (
  values: PublicKeyValue | readonly PublicKeyValue[],
): values is readonly PublicKeyValue[] => Array.isArray(values)

function toText(value: PublicKeyValue): SecretValue {
  if (typeof value === 'string') return value.trim()
  return value instanceof Uint8Array ? value : JSON.stringify(value)
}

function readPublicKey(value: SecretValue): PublicKey {
  if (typeof value !== 'string') return readSpki(value)
  if (value.startsWith('{')) return publicKeyOfJwk(parseJwk(value))
  return readSpki(value.includes('-----BEGIN') ? readOnlyBlock(value) : fromBase64(value))
}

/** @throws {Error} unless it is a JSON object */
export function parseJwk(text: string): Jwk {
  try {
    return JSON.parse(text) as Jwk
  } catch {
    throw new Error('it is not JSON') // the engine's message quotes the key
  }
}

function readOnlyBlock(text: string): Uint8Array {
  const [block, ...more] = readPem(text, 'PUBLIC KEY')
  if (!block || more.length > 0) throw new Error('there are several keys')
  return block
}

function fromBase64(text: string): Uint8Array {
  const bytes = decode(text.replace(/\s/g, ''), 'base64')
  if (!bytes) throw new Error('it is not base64')
  return bytes
}

/* SubjectPublicKeyInfo (RFC 3279, RFC 5480, RFC 8410) ---------------------------------------------- */

/** @throws {Error} for anything but one key of a type in use */
function readSpki(der: Uint8Array): PublicKey {
  const fields = new DerSequence(readOnly(der, TAG.sequence).content)
  const type = takeKeyType(fields)
  const bits = readBitString(fields.take(TAG.bitString))
  fields.end()
  if (type === 'rsa') return readRsa(bits)
  if (type === 'ed25519') return edwardsKey(bits)
  const { bytes } = CURVES[type]
  // Compressed points (2 and 3) are nobody's.
  if (bits[0] !== 4 || bits.length !== 1 + 2 * bytes) throw new Error('the point is malformed')
  return curveKey(type, bits.subarray(1, 1 + bytes), bits.subarray(1 + bytes))
}

function readRsa(bits: Uint8Array): PublicKey {
  const numbers = new DerSequence(readOnly(bits, TAG.sequence).content)
  const [modulus, exponent] = [takeNumber(numbers), takeNumber(numbers)]
  numbers.end()
  return rsaKey(modulus, exponent)
}

/** The AlgorithmIdentifier that public and private keys begin with. */
function takeKeyType(fields: DerSequence): KeyType {
  const algorithm = new DerSequence(fields.take(TAG.sequence).content)
  const oid = readOid(algorithm.take(TAG.oid))
  const type = typeOf(oid, algorithm)
  algorithm.end()
  return type
}

function typeOf(oid: string, algorithm: DerSequence): KeyType {
  if (oid === ED25519_OID) return 'ed25519'
  if (oid === RSA_OID) {
    if (algorithm.take(TAG.null).content.length > 0) throw new Error('the parameters are malformed')
    return 'rsa'
  }
  const curve = oid === EC_OID ? readOid(algorithm.take(TAG.oid)) : undefined
  const type = CURVE_NAMES.find((name) => CURVES[name].oid === curve)
  if (type) return type
  throw new Error('it is of a type that is not in use here')
}

/** Without the zero byte that keeps a number from being negative. */
function takeNumber(numbers: DerSequence): Uint8Array {
  const { content }: DerValue = numbers.take(TAG.integer)
  const [first = 0x80, second = 0] = content
  if (first >= 0x80 || (first === 0 && second < 0x80)) throw new Error('a number is malformed')
  return first === 0 ? content.subarray(1) : content
}

/* JWK (RFC 7517, RFC 7518, section 6; RFC 8037) ---------------------------------------------------- */

/** @throws {Error} for anything but a public key of a type in use, which may be used to verify */
export function publicKeyOfJwk(jwk: Jwk): PublicKey {
  const { kty, crv, use, key_ops: operations } = jwk
  const verifies =
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  if (!verifies) throw new Error('it is not for signatures')
  if ('d' in jwk) throw new Error('it is a private key')
  if (kty === 'RSA') return rsaKey(member(jwk, 'n'), member(jwk, 'e'))
  if (kty === 'OKP' && crv === NAMES.ed25519) return edwardsKey(member(jwk, 'x'))
  const curve = CURVE_NAMES.find((name) => CURVES[name].name === crv)
  if (kty === 'EC' && curve) return curveKey(curve, member(jwk, 'x'), member(jwk, 'y'))
  throw new Error('it is of a type that is not in use here')
}

function member(jwk: Jwk, name: 'n' | 'e' | 'x' | 'y'): Uint8Array {
  const text: unknown = jwk[name]
  const bytes = typeof text === 'string' ? decode(text, 'base64url') : undefined
  if (!bytes) throw new Error(`${name} is not base64url`)
  return bytes
}

/* What makes a key usable ------------------------------------------------------------------------- */

function rsaKey(modulus: Uint8Array, exponent: Uint8Array): PublicKey {
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  if (bits < RSA_BITS.min || bits > RSA_BITS.max) {
    throw new Error(`it has ${bits} bits, of ${RSA_BITS.min} to ${RSA_BITS.max}`)
  }
  const padded = modulus[0] === 0 || exponent[0] === 0
  const isOdd = (number: Uint8Array) => number.length > 0 && number.at(-1)! % 2 === 1
  const fits = exponent.length <= MAX_EXPONENT_BYTES && toNumber(exponent) >= 3n
  if (padded || !fits || !isOdd(modulus) || !isOdd(exponent)) {
    throw new Error('its numbers are of no RSA key')
  }
  return { type: 'rsa', jwk: { kty: 'RSA', n: toText64(modulus), e: toText64(exponent) } }
}

function curveKey(type: CurveName, x: Uint8Array, y: Uint8Array): PublicKey {
  const curve = CURVES[type]
  const whole = x.length === curve.bytes && y.length === curve.bytes
  // A point elsewhere gives away keys in other uses, and here lets anybody choose what verifies.
  if (!whole || !isOnCurve(curve, toNumber(x), toNumber(y))) {
    throw new Error('the point is not on its curve')
  }
  return { type, jwk: { kty: 'EC', crv: curve.name, x: toText64(x), y: toText64(y) } }
}

function edwardsKey(x: Uint8Array): PublicKey {
  if (x.length !== 32) throw new Error('it does not have 32 bytes')
  return { type: 'ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: toText64(x) } }
}

const toText64 = (bytes: Uint8Array) => encode(bytes, 'base64url')

/* Private keys, for signing ------------------------------------------------------------------------ */

/**
 * The DER of a private key in PKCS #8 (RFC 5958), given as PEM or bytes.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`
 */
export function privateKey(value: SecretValue | undefined, type: KeyType): Uint8Array {
  try {
    const der = typeof value === 'string' ? readPem(value, 'PRIVATE KEY')[0]! : value
    const fields = new DerSequence(readOnly(der ?? new Uint8Array(), TAG.sequence).content)
    fields.take(TAG.integer)
    if (takeKeyType(fields) === type) return der!
  } catch {
    // Said below, without a word of the key.
  }
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    `Signing needs privateKey: ${NAMES[type]} in PKCS #8, as PEM or bytes`,
  )
}
