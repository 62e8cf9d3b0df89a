/** The forms in which senders publish keys: readers for a key directory. */
import { decode, decodeUtf8 } from './bytes.ts'
import type { ParseKeys, PublishedKey } from './key-directory.ts'
import { readMember } from './member.ts'

/** A key as JSON (RFC 7517, section 4), with whatever members it has. */
export type Jwk = Readonly<Record<string, unknown>>

/** More are of no sender; each is prepared. */
const MAX_KEYS = 100

/**
 * A JSON Web Key Set (RFC 7517, section 5). Keys that are not for verifying, or for another algorithm,
 * are skipped, and so are those that `prepare` throws at or makes nothing of: a set may hold what is not
 * known here.
 *
 * @param algorithms the values of `alg` in use; a key without one is left to `prepare`
 */
export function jwks<Key>(
  algorithms: readonly string[],
  prepare: (jwk: Jwk) => Key | undefined,
): ParseKeys<Key> {
  return (body) => {
    const { keys } = readObject(body)
    return prepareEach(readArray(keys), (jwk) => {
      const { use = 'sig', key_ops: operations = ['verify'], alg, kid } = jwk
      const isUsable =
        use === 'sig' &&
        Array.isArray(operations) &&
        operations.includes('verify') &&
        (alg === undefined || algorithms.includes(alg as string))
      const key = isUsable ? prepare(jwk) : undefined
      return key && { kid: typeof kid === 'string' ? kid : undefined, key }
    })
  }
}

/** An object of PEM texts by key id, Google's `x509` form. */
export function pemMap<Key>(prepare: (pem: string) => Key): ParseKeys<Key> {
  return (body) =>
    prepareEach(
      Object.entries(readObject(body)).map(([kid, pem]) => ({ kid, pem })),
      ({ kid, pem }) =>
        typeof pem === 'string' ? { kid: kid as string, key: prepare(pem) } : undefined,
    )
}

/** One PEM text in a member of a JSON object, by its path. */
export function pemMember<Key>(path: string, prepare: (pem: string) => Key): ParseKeys<Key> {
  const names = path.split('.')
  return (body) => {
    const pem = readMember(readObject(body), names)
    if (typeof pem !== 'string') throw new Error(`there is no ${path} in the document`)
    return [{ kid: undefined, key: prepare(pem) }]
  }
}

/** A document that is a PEM text. */
export function pemText<Key>(prepare: (pem: string) => Key): ParseKeys<Key> {
  return (body) => [{ kid: undefined, key: prepare(decodeUtf8(body)) }]
}

const TINK_ECDSA = 'type.googleapis.com/google.crypto.tink.EcdsaPublicKey'

/** An uncompressed point on the curve, 0x04 and the two coordinates (SEC 1, section 2.3.3). */
export type EcPoint = Uint8Array

/**
 * A Tink public keyset in JSON: the enabled ECDSA P-256 keys with SHA-256 whose signatures carry the Tink
 * prefix and are in DER. The id is the four bytes of that prefix in hex.
 *
 * @see https://developers.google.com/tink/wire-format
 */
export function tinkEcdsa<Key>(prepare: (point: EcPoint) => Key): ParseKeys<Key> {
  return (body) => {
    const { key: keys } = readObject(body)
    return prepareEach(readArray(keys), ({ status, keyId, outputPrefixType, keyData }) => {
      const { typeUrl, value } = (keyData ?? {}) as Jwk
      if (status !== 'ENABLED' || outputPrefixType !== 'TINK' || typeUrl !== TINK_ECDSA) return
      const point = typeof value === 'string' ? readTinkPoint(decode(value, 'base64')) : undefined
      const kid = toPrefix(keyId)
      return point && kid !== undefined ? { kid, key: prepare(point) } : undefined
    })
  }
}

function toPrefix(keyId: unknown): string | undefined {
  const isId = Number.isInteger(keyId) && (keyId as number) > 0 && (keyId as number) < 2 ** 32
  return isId ? (keyId as number).toString(16).padStart(8, '0') : undefined
}

/**
 * EcdsaPublicKey in protobuf: params (field 2) of hash, curve and encoding, then x (3) and y (4). The
 * values are SHA256 = 3, NIST_P256 = 2 and DER = 2.
 */
function readTinkPoint(message: Uint8Array | undefined): EcPoint | undefined {
  const fields = message && readProtobuf(message)
  const params = fields?.get(2)
  const [x, y] = [fields?.get(3), fields?.get(4)].map(toCoordinate)
  if (!(params instanceof Uint8Array) || !x || !y) return undefined
  const kinds = readProtobuf(params)
  const fits = kinds?.get(1) === 3 && kinds.get(2) === 2 && kinds.get(3) === 2
  return fits ? Uint8Array.from([4, ...x, ...y]) : undefined
}

/** 32 bytes; Tink writes more, as of a signed number, or fewer. */
function toCoordinate(value: number | Uint8Array | undefined): Uint8Array | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  const start = value.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? new Uint8Array(0) : value.subarray(start)
  if (digits.length > 32) return undefined
  const coordinate = new Uint8Array(32)
  coordinate.set(digits, 32 - digits.length)
  return coordinate
}

/** The fields of a message: numbers and bytes, which is all that is in use. */
function readProtobuf(bytes: Uint8Array): ReadonlyMap<number, number | Uint8Array> | undefined {
  const fields = new Map<number, number | Uint8Array>()
  let at = 0
  function readVarint(): number {
    let value = 0
    for (let digit = 1; digit < 2 ** 35; digit *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) return NaN
      value += (byte & 0x7f) * digit
      if (byte < 0x80) return value
    }
    return NaN
  }
  while (at < bytes.length) {
    const head = readVarint()
    const value = readVarint()
    const wireType = head % 8
    if (Number.isNaN(value) || (wireType !== 0 && wireType !== 2)) return undefined
    if (wireType === 2 && at + value > bytes.length) return undefined
    fields.set(Math.floor(head / 8), wireType === 0 ? value : bytes.slice(at, (at += value)))
  }
  return fields
}

/* Parts ------------------------------------------------------------------------------------------ */

function prepareEach<Key>(
  entries: readonly Jwk[],
  read: (entry: Jwk) => PublishedKey<Key> | undefined,
): readonly PublishedKey<Key>[] {
  if (entries.length > MAX_KEYS) throw new Error(`there are more than ${MAX_KEYS} keys`)
  return entries.flatMap((entry) => {
    try {
      return read(entry) ?? []
    } catch {
      return [] // one that can't be used must not take the others along
    }
  })
}

function readObject(body: Uint8Array): Jwk {
  const value: unknown = JSON.parse(decodeUtf8(body))
  if (isObject(value)) return value
  throw new Error('the document is not a JSON object')
}

function readArray(value: unknown): readonly Jwk[] {
  if (Array.isArray(value)) return value.filter(isObject)
  throw new Error('the document holds no list of keys')
}

const isObject = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
