/**
 * What signature schemes have in common: where the signature, the timestamp and the id stand, and which
 * bytes are signed. `hmac`, `ed25519` and `standardWebhooks` add only the mathematics.
 */
import { outgoingDelivery, type Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SignOptions,
  Verified,
  VerifyBody,
} from '../types.ts'
import { isPromise } from './awaitable.ts'
import type { Chunk } from './crypto.ts'
import {
  checkFreshness,
  DEFAULT_TOLERANCE_SECONDS,
  formatTimestamp,
  isUnit,
  type TimestampUnit,
} from './freshness.ts'
import type { Keyring } from './secrets.ts'
import { MAX_SIGNATURES, readList, type SignatureList, type Signatures } from './signature-list.ts'
import { compileContent, type Fields, type Readings, type SignedContent } from './signed-content.ts'

export interface SignatureOptions {
  /**
   * The header field with the signature. Of several names the first that is there counts; `id` and
   * `timestamp.header` then take the name at the same place.
   */
  readonly header: string | readonly string[]
  /** What stands in front of each signature, `sha256=`. Values with another prefix are skipped in a list. */
  readonly prefix?: string
  /**
   * How several values share the field: parts with a separator between them, or `key=value` pairs of
   * which `signature` and `timestamp` name the keys.
   */
  readonly list?: SignatureList
  /**
   * The signed bytes: a template of `{body}`, `{timestamp}`, `{id}`, `{url}`, `{method}` and literal text,
   * or a function that returns every reading to try.
   *
   * @default {body}
   */
  readonly content?: SignedContent
  /** The header field with the id that `{id}` stands for, which a template then has to name. */
  readonly id?: string | readonly string[]
  /**
   * Absent if the sender signs no time; then nothing limits how old a delivery may be. A template has to name
   * `{timestamp}`: what is not signed, anyone can write.
   */
  readonly timestamp?: {
    /** The header field, unless `list.timestamp` names its key. */
    readonly header?: string | readonly string[]
    /** @default s */
    readonly unit?: TimestampUnit
    /** Seconds to either side; `false` accepts any age. @default 300 */
    readonly toleranceSeconds?: number | false
  }
  /** Narrows the requests that count as events, where the same key signs other things too. */
  readonly accepts?: (delivery: Delivery) => boolean
}

/** The mathematics of a scheme. */
export interface SignatureMethod<Key> {
  readonly name: string
  readonly keys: Keyring<Key>
  /** Whether a text, without its prefix, can be a signature at all. */
  readonly wellFormed: (signature: string) => boolean
  /** Whether any of the signatures is the one for these bytes. */
  matches(key: Key, chunks: readonly Chunk[], signatures: readonly string[]): Awaitable<boolean>
  sign?(chunks: readonly Chunk[], options: SignOptions): Awaitable<string>
}

interface Candidates<Key> {
  readonly keys: readonly Key[]
  readonly readings: Readings
  readonly signatures: readonly string[]
}

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function signatureScheme<Key>(
  options: SignatureOptions,
  method: SignatureMethod<Key>,
): Scheme {
  const names = toList(options.header)
  const ids = toList(options.id)
  const timestamps = toList(options.timestamp?.header)
  const { prefix = '', list, timestamp, accepts } = options
  const pairs = list && 'signature' in list ? list : undefined
  const isUnnamed = (name: string, place: number) =>
    !name || (ids.length > 0 && !ids[place]) || (timestamp && !pairs && !timestamps[place])
  if (names.length === 0 || names.some(isUnnamed)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'A signature, its id and its timestamp need a header each',
    )
  }
  const contentOf = compileContent(options.content ?? '{body}', {
    body: true,
    id: ids.length > 0,
    timestamp: timestamp !== undefined,
  })
  const unit = timestamp?.unit ?? 's'
  const toleranceSeconds = timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS
  if (!(isUnit(unit) && (toleranceSeconds === false || isPositive(toleranceSeconds)))) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'timestamp.unit is s, ms or iso, and toleranceSeconds above 0, or false for any age',
    )
  }

  function readSignatures(value: string): Signatures {
    const { signatures, timestamp: time } = list
      ? readList(value, list, prefix)
      : { signatures: [value.startsWith(prefix) ? value.slice(prefix.length) : ''] }
    if (signatures.length <= MAX_SIGNATURES && signatures.some(method.wellFormed)) {
      return { signatures: signatures.filter(method.wellFormed), timestamp: time }
    }
    throw new WebhookError(
      'ERR_SIGNATURE_MALFORMED',
      `The signature has not the form of ${method.name}; another version or encoding?`,
    )
  }

  function findPlace({ headers }: Delivery): number {
    for (const [place, name] of names.entries()) if (headers.get(name)) return place
    throw new WebhookError(
      'ERR_SIGNATURE_MISSING',
      `No header ${names.join(' or ')}; is the secret set at the sender?`,
    )
  }

  function open(head: Delivery): VerifyBody {
    const place = findPlace(head)
    const { signatures, timestamp: listed } = readSignatures(head.headers.get(names[place]!)!)
    const fields: Fields = {
      timestamp: listed ?? readHeader(head, timestamps[place]),
      id: readHeader(head, ids[place]),
    }
    if (timestamp) {
      if (!fields.timestamp)
        throw new WebhookError('ERR_TIMESTAMP_MISSING', 'The signature has no timestamp')
      checkFreshness(fields.timestamp, { unit, now: head.receivedAt, toleranceSeconds })
    }
    if (ids.length > 0 && !fields.id) {
      throw new WebhookError('ERR_SIGNATURE_MALFORMED', `No header ${ids[place]}, which is signed`)
    }
    return (delivery) => verifyBody(delivery, signatures, fields)
  }

  function verifyBody(
    delivery: Delivery,
    signatures: readonly string[],
    fields: Fields,
  ): Awaitable<Verified> {
    const keys = method.keys.find(delivery)
    const readings = contentOf(delivery, fields)
    if (accepts && !accepts(delivery)) throw mismatch('this kind of request')
    return isPromise(keys) || isPromise(readings)
      ? searchAsync(keys, readings, signatures)
      : search({ keys, readings, signatures })
  }

  async function searchAsync(
    keys: Awaitable<readonly Key[]>,
    readings: Awaitable<Readings>,
    signatures: readonly string[],
  ): Promise<Verified> {
    const [foundKeys, foundReadings] = await Promise.all([keys, readings])
    return search({ keys: foundKeys, readings: foundReadings, signatures })
  }

  /** Tries every reading with every key, one after the other. */
  function search(candidates: Candidates<Key>, start = 0): Awaitable<Verified> {
    const { keys, readings, signatures } = candidates
    for (let index = start; index < keys.length * readings.length; index++) {
      const secret = index % keys.length
      const chunks = readings[Math.floor(index / keys.length)]!
      const found = method.matches(keys[secret]!, chunks, signatures)
      if (isPromise(found)) {
        return found.then((yes) => (yes ? { secret } : search(candidates, index + 1)))
      }
      if (found) return { secret }
    }
    throw mismatch()
  }

  async function sign(
    message: OutgoingMessage,
    signOptions: SignOptions,
  ): Promise<OutgoingMessage> {
    const time = formatTimestamp(signOptions.now, unit)
    const id = ids[0] && (message.headers[ids[0]] ?? `msg_${signOptions.now}`)
    const [chunks] = await contentOf(outgoingDelivery(message), { timestamp: time, id })
    const signature = prefix + (await method.sign!(chunks!, signOptions))
    const headers: Record<string, string> = { ...message.headers }
    if (id) headers[ids[0]!] = id
    if (timestamps[0]) headers[timestamps[0]] = time
    headers[names[0]!] = pairs
      ? `${pairs.timestamp}=${time}${pairs.separator}${pairs.signature}=${signature}`
      : signature
    return { ...message, headers }
  }

  return {
    name: method.name,
    headers: [...names, ...ids, ...timestamps],
    applies: (head) => names.some((name) => head.headers.get(name)),
    open,
    ...(method.sign && { sign }),
  }
}

const isPositive = (value: unknown) => typeof value === 'number' && value > 0

const mismatch = (what = 'this body with this secret') =>
  new WebhookError(
    'ERR_SIGNATURE_MISMATCH',
    `The signature is not of ${what}; is it the secret of another endpoint, or was the body rewritten?`,
  )

function toList(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : ([] as string[]).concat(names).map((name) => name.toLowerCase())
}

function readHeader(head: Delivery, name: string | undefined): string | undefined {
  return name === undefined ? undefined : (head.headers.get(name) ?? undefined)
}
