import type { Delivery } from '../delivery.ts'
import { configurationError, isWebhookError, messageOf, WebhookError } from '../errors.ts'
import type { Awaitable, SecretSource, SecretValue, UntrustedHint } from '../types.ts'
import { decode, encode, encodeUtf8 } from './bytes.ts'
import { crypto } from './crypto.ts'

/** Keys made of secrets, each once. The place of a key in the list tells which secret it was. */
export interface Keyring<Key> {
  find(delivery: Delivery): Awaitable<readonly Key[]>
  /** For signing. Throws if the secret depends on the request. */
  current(): Key
}

/**
 * What a template makes of a variable that is not set, behind its labels: `undefined`, `whsec_`, `v1,whsec_null`,
 * and nothing that anybody could see. Labels are short, for a secret in base64 may be letters and a `=`.
 */
const UNSET = /^([a-z]{1,12}\d{0,3}[_=,: ])*(undefined|null|(?<=_)=*|[\p{C}\p{Z}]*)$/iu

/** Keys kept for secrets that a function returned; past that the oldest are made anew. */
const MAX_CACHED_KEYS = 1000

/**
 * Checks and prepares the secrets of a scheme. Fixed ones are prepared now, so that a missing or empty
 * one is found at start; those of a function when they are first returned.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, or what `prepare` throws
 */
export function keyring<Key>(
  source: SecretSource | undefined,
  prepare: (secret: SecretValue) => Key,
): Keyring<Key> {
  const create = (secret: SecretValue): Key => prepare(assertSecret(secret))
  if (typeof source === 'function') return dynamicKeyring(source, create)

  const keys = toList(source).map(create)
  if (keys.length === 0)
    throw configurationError('ERR_SECRET_EMPTY', 'The list of secrets is empty')
  return { find: () => keys, current: () => keys[0]! }
}

function dynamicKeyring<Key>(
  source: Extract<SecretSource, Function>,
  create: (secret: SecretValue) => Key,
): Keyring<Key> {
  const cache = new Map<string, Key>()

  function cached(secret: SecretValue): Key {
    const name = typeof secret === 'string' ? `t${secret}` : `b${encode(secret, 'base64')}`
    let key = cache.get(name)
    if (key === undefined) {
      key = create(secret)
      if (cache.size >= MAX_CACHED_KEYS) cache.delete(cache.keys().next().value!)
      cache.set(name, key)
    }
    return key
  }

  return {
    async find(delivery) {
      try {
        const { params, headers, url, body } = delivery
        const found = await source({ params, headers, url, body } satisfies UntrustedHint)
        // Databases say null for what they have not got.
        const secrets = found === undefined || found === null ? [] : toList(found)
        if (secrets.length > 0) return secrets.map(cached)
      } catch (cause) {
        if (isWebhookError(cause)) throw cause
        const text = `The secret could not be had: ${messageOf(cause)}`
        throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
      }
      throw new WebhookError('ERR_TENANT_UNKNOWN', 'The secret function has none for this request')
    },
    current() {
      throw configurationError('ERR_OPTION_INVALID', 'Signing needs a fixed secret')
    },
  }
}

function toList<Value extends SecretValue>(
  source: Value | readonly Value[] | undefined,
): readonly Value[] {
  return Array.isArray(source) ? source : [source as Value]
}

/**
 * Refuses what can't be meant as a secret: nothing, white space, or what a template makes of an unset
 * variable. A stray line end would make every signature fail.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
function assertSecret(secret: unknown): SecretValue {
  if (secret instanceof Uint8Array) {
    // A copy: keys may be made at the first use, and callers may wipe or reuse what they gave.
    if (secret.length > 0) return new Uint8Array(secret)
    throw configurationError('ERR_SECRET_EMPTY', 'The secret has no bytes')
  }
  const text = secret === undefined || secret === null ? '' : secret
  if (typeof text !== 'string') {
    throw configurationError('ERR_SECRET_MALFORMED', 'The secret is neither text nor bytes')
  }
  const trimmed = text.trim()
  if (UNSET.test(trimmed)) {
    throw configurationError(
      'ERR_SECRET_EMPTY',
      'The secret is missing; is its environment variable set?',
    )
  }
  if (trimmed !== text) {
    throw configurationError(
      'ERR_SECRET_MALFORMED',
      'The secret begins or ends with white space; trim it, or give its bytes',
    )
  }
  return text
}

export interface SecretForm {
  /** How the bytes are written in the text. @default utf8 */
  readonly encoding?: 'utf8' | 'hex' | 'base64'
  /** A label in front of it that is no part of the secret, `whsec_`. */
  readonly prefix?: string
}

/**
 * The bytes of a secret. The prefix may be absent, as users copy secrets with and without it.
 *
 * @throws {TypeError} `ERR_SECRET_MALFORMED`, `ERR_SECRET_EMPTY` if there is only the prefix
 */
export function secretBytes(
  secret: SecretValue,
  { encoding = 'utf8', prefix = '' }: SecretForm = {},
): Uint8Array {
  if (typeof secret !== 'string') return secret
  const text = prefix && secret.startsWith(prefix) ? secret.slice(prefix.length) : secret
  const bytes =
    encoding === 'utf8'
      ? encodeUtf8(text)
      : decode(encoding === 'hex' ? text.toLowerCase() : text, encoding)
  if (!bytes) throw configurationError('ERR_SECRET_MALFORMED', `The secret is not ${encoding}`)
  if (bytes.length === 0)
    throw configurationError('ERR_SECRET_EMPTY', `The secret is only its prefix ${prefix}`)
  return bytes
}

/** A digest by which secrets are compared, so that neither their content nor their length shows in time. */
export function secretDigest(secret: SecretValue): Awaitable<string> {
  return crypto.hash('sha256', secretBytes(secret), 'hex')
}
