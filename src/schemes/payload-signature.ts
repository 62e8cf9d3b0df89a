import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { after } from '../lib/awaitable.ts'
import { encodedLength, includesText, type TextEncoding } from '../lib/bytes.ts'
import { crypto, type Chunk, type HashAlgorithm, type Hmac } from '../lib/crypto.ts'
import { checkFreshness, type TimestampUnit } from '../lib/freshness.ts'
import { mediaType, parseMultipart } from '../lib/payload.ts'
import { keyring, secretBytes, type SecretForm } from '../lib/secrets.ts'
import type { Readings } from '../lib/signed-content.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SecretSource,
  SignOptions,
  Verified,
} from '../types.ts'

/** A piece of a payload that has its own signature. */
export interface SignedPart {
  /** Any of them may be the right one. */
  readonly signatures: readonly string[]
  /** Every way the signed bytes may be read, each in chunks. */
  readonly readings: Readings
  /** For senders that sign when it was. */
  readonly timestamp?: string
}

/** Signs chunks with the current secret. */
export type SignChunks = (chunks: readonly Chunk[]) => Awaitable<string>

export interface PayloadSignatureOptions {
  /** One, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** @default sha256 */
  readonly algorithm?: HashAlgorithm
  /** @default hex */
  readonly encoding?: TextEncoding
  /** How the secret is written. @default UTF-8 text without a prefix */
  readonly secretForm?: SecretForm
  /** Makes the key of a secret, where that is not the secret itself. */
  readonly deriveKey?: (secret: Uint8Array) => Awaitable<Uint8Array>
  /**
   * Finds what is signed in the parsed body, `delivery.payload`; anyone may have written that. Every part has
   * to be genuine, and none at all means that the signature is missing. What it does not return is not
   * proven to be the sender's.
   */
  readonly parts: (delivery: Delivery) => readonly SignedPart[]
  /** Puts the signature where the sender would. */
  readonly write: (
    message: OutgoingMessage,
    sign: SignChunks,
    options: SignOptions,
  ) => Awaitable<OutgoingMessage>
  /** For parts that have a timestamp. */
  readonly timestamp?: {
    readonly unit: TimestampUnit
    /** Seconds to either side; `false` accepts any age. */
    readonly toleranceSeconds: number | false
  }
}

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

/**
 * An HMAC that stands in the payload it signs, or in each item of it. So the body is parsed before anything
 * about it is proven, and only the parts that are read count as signed.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 * @example
 * payloadSignature({
 *   secret,
 *   parts: ({ payload }) => [{ signatures: [signatureOf(payload)], readings: [[contentOf(payload)]] }],
 *   write: addSignature,
 * })
 */
export function payloadSignature(options: PayloadSignatureOptions): Scheme {
  const { secret, algorithm = 'sha256', encoding = 'hex', parts, write, timestamp } = options
  const keys = keyring(secret, (value) => macOf(secretBytes(value, options.secretForm)))
  const textLength = encodedLength(DIGEST_BYTES[algorithm], encoding)

  function macOf(bytes: Uint8Array): () => Awaitable<Hmac> {
    const { deriveKey } = options
    let mac: Awaitable<Hmac> | undefined
    // At the first use: WebCrypto hashes asynchronously.
    return () =>
      (mac ??= deriveKey
        ? after(deriveKey(bytes), (key) => crypto.hmac(algorithm, key))
        : crypto.hmac(algorithm, bytes))
  }

  async function check(delivery: Delivery): Promise<Verified> {
    await parseForm(delivery)
    const found = parts(delivery)
    if (found.length === 0) {
      throw new WebhookError(
        'ERR_SIGNATURE_MISSING',
        'The payload holds no signature; is the key set at the sender?',
      )
    }
    for (const part of found) checkForm(part, delivery)
    const macs: Hmac[] = []
    for (const key of await keys.find(delivery)) macs.push(await key())
    let last = 0
    // The last of the keys in use: as long as an old one is, it is needed.
    for (const part of found) last = Math.max(last, await matchingKey(macs, part))
    return { secret: last }
  }

  function checkForm({ signatures, timestamp: time }: SignedPart, { receivedAt }: Delivery): void {
    if (!signatures.some((signature) => signature.length === textLength)) {
      throw new WebhookError(
        'ERR_SIGNATURE_MALFORMED',
        `The signature in the payload is not hmac-${algorithm} as ${encoding}`,
      )
    }
    if (!timestamp) return
    if (!time) throw new WebhookError('ERR_TIMESTAMP_MISSING', 'The signature has no timestamp')
    checkFreshness(time, { ...timestamp, now: receivedAt })
  }

  async function matchingKey(macs: readonly Hmac[], part: SignedPart): Promise<number> {
    for (const [place, mac] of macs.entries()) {
      for (const chunks of part.readings) {
        if (includesText(part.signatures, await mac(chunks, encoding))) return place
      }
    }
    throw new WebhookError(
      'ERR_SIGNATURE_MISMATCH',
      'The signature in the payload is not of this content with this secret; is it the secret of another endpoint?',
    )
  }

  return {
    name: `payload-hmac-${algorithm}`,
    headers: [],
    applies: ({ method }) => method === 'POST' && 'in-body',
    open: () => check,
    sign: (message, signOptions) =>
      write(message, async (chunks) => (await keys.current()())(chunks, encoding), signOptions),
  }
}

/** The one form that can only be parsed asynchronously. */
async function parseForm(delivery: Delivery): Promise<void> {
  const contentType = delivery.headers.get('content-type')
  if (mediaType(contentType) !== 'multipart/form-data') return
  assertFewParts(delivery.body)
  delivery.setPayload(await parseMultipart(delivery.body, contentType!))
}

/** The platform takes a second for the 18 000 parts that fit into a megabyte, and nothing is proven yet. */
const MAX_PARTS = 500
/** Each part has this header field, whatever stands between them. */
const PART = /content-disposition/gi

function assertFewParts(body: Uint8Array): void {
  let parts = 0
  for (const _ of new TextDecoder('latin1').decode(body).matchAll(PART)) {
    if (++parts > MAX_PARTS)
      throw new WebhookError('ERR_BODY_MALFORMED', `The form has more than ${MAX_PARTS} parts`)
  }
}
