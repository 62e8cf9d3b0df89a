/** Signed tokens in three parts: JWS compact serialization (RFC 7515), algorithms of RFC 7518 and RFC 8037. */
import { configurationError, WebhookError } from '../errors.ts'
import type { Awaitable, SecretValue } from '../types.ts'
import type { SignBytes, Verify } from './asymmetric.ts'
import { after } from './awaitable.ts'
import { decodeBase64url } from './base64url.ts'
import { decodeUtf8, encode, equalText } from './bytes.ts'
import { crypto, type HashAlgorithm } from './crypto.ts'
import type { CurveName } from './curves.ts'
import { ecdsa } from './ecdsa.ts'
import { ed25519 } from './ed25519.ts'
import { ed25519Seed } from './ed25519-key.ts'
import { parseJwk, privateKey, publicKey, publicKeyOfJwk } from './public-key.ts'
import type { Jwk, KeyType, PublicKey } from './public-key.ts'
import { rsa, type RsaAlgorithm } from './rsa.ts'

/* Algorithms ------------------------------------------------------------------------------------- */

export type SecretJwsAlgorithm = 'HS256' | 'HS384' | 'HS512'
export type PublicJwsAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'EdDSA'
export type JwsAlgorithm = SecretJwsAlgorithm | PublicJwsAlgorithm

/** Of those with a secret, the hash. */
const SECRET_ALGORITHMS: Readonly<Record<SecretJwsAlgorithm, HashAlgorithm>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
}

interface PublicAlgorithm {
  readonly type: KeyType
  readonly verifier: (jwk: Jwk) => Verify
  readonly signer: (key: SecretValue | undefined) => SignBytes
}

const PUBLIC_ALGORITHMS: Readonly<Record<PublicJwsAlgorithm, PublicAlgorithm>> = {
  RS256: ofRsa({ padding: 'pkcs1', hash: 'sha256' }),
  RS384: ofRsa({ padding: 'pkcs1', hash: 'sha384' }),
  RS512: ofRsa({ padding: 'pkcs1', hash: 'sha512' }),
  PS256: ofRsa({ padding: 'pss', hash: 'sha256' }),
  PS384: ofRsa({ padding: 'pss', hash: 'sha384' }),
  PS512: ofRsa({ padding: 'pss', hash: 'sha512' }),
  ES256: ofCurve('p-256'),
  ES384: ofCurve('p-384'),
  EdDSA: {
    type: 'ed25519',
    verifier: ({ x }) => ed25519.verifier(decodeBase64url(x!)!),
    signer: (key) => ed25519.signer(ed25519Seed(key)),
  },
}

function ofRsa(algorithm: RsaAlgorithm): PublicAlgorithm {
  return {
    type: 'rsa',
    verifier: (jwk) => rsa.verifier(jwk, algorithm),
    signer: (key) => rsa.signer(privateKey(key, 'rsa'), algorithm),
  }
}

function ofCurve(curve: CurveName): PublicAlgorithm {
  return {
    type: curve,
    verifier: (jwk) => ecdsa.verifier(jwk, curve),
    signer: (key) => ecdsa.signer(privateKey(key, curve), curve),
  }
}

export const isSecretAlgorithm = (name: string): name is SecretJwsAlgorithm =>
  Object.hasOwn(SECRET_ALGORITHMS, name)
export const isPublicAlgorithm = (name: string): name is PublicJwsAlgorithm =>
  Object.hasOwn(PUBLIC_ALGORITHMS, name)

/* Tokens ----------------------------------------------------------------------------------------- */

export interface Jws {
  readonly algorithm: JwsAlgorithm
  readonly kid: string | undefined
  readonly payload: Uint8Array
  /** What is signed: header and payload as they stand in the token. */
  readonly signed: string
  readonly signature: { readonly text: string; readonly bytes: Uint8Array }
}

/** Longer ones are of no sender. */
const MAX_LENGTH = 8 * 1024

/**
 * Takes a token apart, believing none of it: what its header says only chooses among what is configured.
 *
 * @param readHeader `headerReader()` for many tokens
 * @throws {WebhookError} `ERR_SIGNATURE_MALFORMED`
 */
export function parseJws(
  token: string,
  algorithms: readonly JwsAlgorithm[],
  readHeader: (text: string) => JwsHeader = parseHeader,
): Jws {
  if (token.length > MAX_LENGTH) throw malformed(`is longer than ${MAX_LENGTH} bytes`)
  const [head = '', body, text, ...more] = token.split('.', 4)
  if (body === undefined || text === undefined || more.length > 0) {
    throw malformed('does not have three parts')
  }
  const header = readHeader(head)
  const payload = decodeBase64url(body)
  const bytes = decodeBase64url(text)
  if (!payload || !bytes) throw malformed('is not base64url')
  const { alg, kid } = header
  const algorithm = algorithms.find((known) => known === alg)
  if (!algorithm) throw malformed(`is not signed by ${algorithms.join(' or ')}`)
  if (kid !== undefined && typeof kid !== 'string') throw malformed('names no proper key id')
  const signed = token.slice(0, head.length + 1 + body.length)
  return { algorithm, kid, payload, signed, signature: { text, bytes } }
}

type JwsHeader = Readonly<Record<string, unknown>>

/** Reads headers, and the same as the last without another look: a sender has one for each of its keys. */
export function headerReader(): (text: string) => JwsHeader {
  let last: { readonly text: string; readonly header: JwsHeader } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, header: parseHeader(text) }
    return last.header
  }
}

/** `crit` and `b64` (RFC 7797) change what the signature means; nobody who signs webhooks uses them. */
function parseHeader(text: string): JwsHeader {
  const header = parseObject(decodeBase64url(text))
  if (!header) throw malformed('has no header')
  if ('crit' in header || 'b64' in header) throw malformed('asks for extensions')
  return header
}

/** The JSON object in these bytes, if that is what they are. */
export function parseObject(
  bytes: Uint8Array | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = bytes && JSON.parse(decodeUtf8(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

const malformed = (fault: string) =>
  new WebhookError(
    'ERR_SIGNATURE_MALFORMED',
    `The token ${fault}; is it of another sender, or of another kind?`,
  )

/* Keys ------------------------------------------------------------------------------------------- */

export interface JwsKey {
  /** Whether the key is for this algorithm, and has the id that is named, if both have one. */
  fits(jws: Jws): boolean
  verify(jws: Jws): Awaitable<boolean>
}

export interface SecretJwsKey extends JwsKey {
  sign(signed: string, algorithm: SecretJwsAlgorithm): Awaitable<string>
}

/** @throws {TypeError} `ERR_SECRET_MALFORMED` for a public key, which is no secret */
export function secretJwsKey(secret: Uint8Array): SecretJwsKey {
  if (/^\s*-----BEGIN|^\s*\{/.test(new TextDecoder().decode(secret.subarray(0, 64)))) {
    throw configurationError(
      'ERR_SECRET_MALFORMED',
      'The secret is a key in PEM or JSON; a public one goes into publicKey, with its own algorithms',
    )
  }
  const macOf = memoize((hash: HashAlgorithm) => crypto.hmac(hash, secret))
  const sign = (signed: string, algorithm: SecretJwsAlgorithm) =>
    macOf(SECRET_ALGORITHMS[algorithm])([signed], 'base64url')
  return {
    fits: ({ algorithm }) => isSecretAlgorithm(algorithm),
    verify: ({ signed, algorithm, signature }) =>
      isSecretAlgorithm(algorithm) &&
      after(sign(signed, algorithm), (expected) => equalText(expected, signature.text)),
    sign,
  }
}

/**
 * A key given by the user.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED` if it is none, or none for any of the algorithms
 */
export function publicJwsKey(
  value: SecretValue,
  algorithms: readonly PublicJwsAlgorithm[],
): JwsKey {
  const types = new Set(algorithms.map((name) => PUBLIC_ALGORITHMS[name].type))
  const key = publicKey(value, [...types])
  const { kid, alg } = typeof value === 'string' && value.startsWith('{') ? parseJwk(value) : {}
  const usable = alg === undefined || algorithms.some((name) => name === alg)
  if (usable) return jwsKey(key, { kid, alg })
  throw configurationError(
    'ERR_SECRET_MALFORMED',
    `The public key is not for ${algorithms.join(' or ')}`,
  )
}

/** @throws {Error} if it can't verify */
export const jwkJwsKey = (jwk: Jwk): JwsKey => jwsKey(publicKeyOfJwk(jwk), jwk)

function jwsKey({ type, jwk }: PublicKey, { kid, alg }: Pick<Jwk, 'kid' | 'alg'>): JwsKey {
  const verifierOf = memoize((name: PublicJwsAlgorithm) => PUBLIC_ALGORITHMS[name].verifier(jwk))
  const takes = (name: JwsAlgorithm): name is PublicJwsAlgorithm =>
    isPublicAlgorithm(name) &&
    PUBLIC_ALGORITHMS[name].type === type &&
    (alg === undefined || alg === name)
  return {
    fits: ({ algorithm, kid: named }) =>
      takes(algorithm) && (kid === undefined || named === undefined || kid === named),
    verify: ({ algorithm, signed, signature }) =>
      takes(algorithm) && verifierOf(algorithm)([signed], signature.bytes),
  }
}

function memoize<Name, Value>(make: (name: Name) => Value): (name: Name) => Value {
  const made = new Map<Name, Value>()
  return (name) => {
    const known = made.get(name)
    if (known !== undefined) return known
    const value = make(name)
    made.set(name, value)
    return value
  }
}

/* Signing ---------------------------------------------------------------------------------------- */

/** The signature of header and payload, with the private key of the sender. */
export async function signJws(
  signed: string,
  algorithm: PublicJwsAlgorithm,
  key: SecretValue | undefined,
): Promise<string> {
  return encode(await PUBLIC_ALGORITHMS[algorithm].signer(key)([signed]), 'base64url')
}
