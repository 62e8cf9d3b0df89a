import { configurationError } from '../errors.ts'
import { decode, encode, includesText } from '../lib/bytes.ts'
import { isPromise } from '../lib/awaitable.ts'
import { crypto, type Chunk, type Hmac } from '../lib/crypto.ts'
import { ed25519, type VerifyEd25519 } from '../lib/ed25519.ts'
import { ed25519PublicKey, ed25519Seed } from '../lib/ed25519-key.ts'
import { keyring, secretBytes } from '../lib/secrets.ts'
import { signatureScheme } from '../lib/signature.ts'
import type { Extractable, Extractor, Scheme, SecretSource, SecretValue } from '../types.ts'

export interface StandardWebhooksOptions {
  /**
   * `whsec_` and base64 for symmetric signatures (v1), `whpk_` and base64 for asymmetric ones (v1a), or
   * the bytes of a symmetric secret. Several while rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 300 */
  readonly toleranceSeconds?: number | false
  /** The length of a symmetric secret, for senders that allow only one. @default any */
  readonly keyBytes?: number
  /**
   * How a symmetric secret without `whsec_` is written. The libraries of Svix and Standard Webhooks take it
   * for base64 all the same, OpenAI's for text.
   *
   * @default base64
   */
  readonly unprefixed?: 'base64' | 'utf8'
}

/** The two families of names. Of a request with both, all that counts is of the first. */
const FAMILIES = ['webhook', 'svix'] as const
const named = (name: string) => FAMILIES.map((family) => `${family}-${name}`)

/** Of symmetric secrets. */
const PREFIX = 'whsec_'

/** A key signs one version only, so that a signature can't be passed off as one of the other. */
type Key = { readonly v1: Hmac } | { readonly v1a: VerifyEd25519 }

/** What is no base64 is no digest either, and is found out by comparison. */
const isV1 = (signature: string) => signature.startsWith('v1,') && signature.length === 47
const V1A = /^v1a,[A-Za-z0-9+/]{86}==$/

/**
 * The Standard Webhooks specification, v1 (HMAC-SHA256) and v1a (Ed25519), under the `webhook-` names and
 * the `svix-` ones of Svix.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function standardWebhooks(options: StandardWebhooksOptions): Scheme {
  const { secret, toleranceSeconds } = options
  const keys = keyring<Key>(secret, (value) => toKey(value, options))
  return signatureScheme(
    {
      header: named('signature'),
      id: named('id'),
      timestamp: {
        header: named('timestamp'),
        ...(toleranceSeconds !== undefined && { toleranceSeconds }),
      },
      list: { separator: ' ' },
      content: '{id}.{timestamp}.{body}',
    },
    {
      name: 'standard-webhooks',
      keys,
      wellFormed: (signature) => isV1(signature) || V1A.test(signature),
      matches: (key, chunks, signatures) =>
        'v1' in key
          ? matchesV1(key.v1, chunks, signatures)
          : matchesV1a(key.v1a, chunks, signatures),
      async sign(chunks, { privateKey }) {
        if (privateKey !== undefined) {
          const seed = ed25519Seed(withoutPrefix(privateKey, 'whsk_'))
          return `v1a,${encode(await ed25519.signer(seed)(chunks), 'base64')}`
        }
        const key = keys.current()
        if ('v1' in key) return `v1,${await key.v1(chunks, 'base64')}`
        throw new TypeError('Signing v1a needs privateKey')
      },
    },
  )
}

/** The id that was signed: the header of the other family, if there is one, can hold anything. */
export const signedMessageId: Extractor = signedHeader('id')
/** When the attempt was signed, in seconds. */
export const signedMessageTime: Extractor = signedHeader('timestamp')

function signedHeader(name: string): Extractor {
  return ({ delivery: { headers } }: Extractable) => {
    const family = FAMILIES.find((candidate) => headers.get(`${candidate}-signature`))
    return (family && headers.get(`${family}-${name}`)) || undefined
  }
}

function toKey(secret: SecretValue, options: StandardWebhooksOptions): Key {
  const { keyBytes, unprefixed = 'base64' } = options
  if (typeof secret === 'string' && secret.startsWith('whpk_')) {
    return { v1a: ed25519.verifier(ed25519PublicKey(withoutPrefix(secret, 'whpk_'))) }
  }
  const isPrefixed = typeof secret === 'string' && secret.startsWith(PREFIX)
  const encoding = isPrefixed ? 'base64' : unprefixed
  const bytes = secretBytes(secret, { encoding, prefix: PREFIX })
  if (keyBytes !== undefined && bytes.length !== keyBytes) {
    throw configurationError(
      'ERR_SECRET_MALFORMED',
      `The secret has ${bytes.length} bytes, not ${keyBytes}`,
    )
  }
  return { v1: crypto.hmac('sha256', bytes) }
}

function matchesV1(digestOf: Hmac, chunks: readonly Chunk[], signatures: readonly string[]) {
  const digest = digestOf(chunks, 'base64')
  return isPromise(digest)
    ? digest.then((text) => includesText(signatures, `v1,${text}`))
    : includesText(signatures, `v1,${digest}`)
}

async function matchesV1a(
  verify: VerifyEd25519,
  chunks: readonly Chunk[],
  signatures: readonly string[],
) {
  for (const signature of signatures) {
    const bytes = V1A.test(signature) ? decode(signature.slice('v1a,'.length), 'base64') : undefined
    if (bytes && (await verify(chunks, bytes))) return true
  }
  return false
}

function withoutPrefix(key: SecretValue, prefix: string): SecretValue {
  return typeof key === 'string' && key.startsWith(prefix) ? key.slice(prefix.length) : key
}
