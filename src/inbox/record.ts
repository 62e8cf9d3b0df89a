import { Delivery } from '../delivery.ts'
import type { WorkingEndpoint } from '../endpoint.ts'
import { DeliveredEvent, type Task } from '../event.ts'
import { isWebhookError, messageOf, WebhookError } from '../errors.ts'
import { after, all } from '../lib/awaitable.ts'
import { decodeUtf8, encodeUtf8 } from '../lib/bytes.ts'
import { crypto } from '../lib/crypto.ts'
import { parse } from '../stages/parse.ts'
import type { Awaitable, HeaderFields, HostContext, Provider, VerifiedDelivery } from '../types.ts'
import type { InboxRecord } from './engine.ts'

/** What the extractors of the provider found while the delivery was there whole, and what the handler has said of it. */
export interface Head {
  readonly key: string
  readonly effect?: string | undefined
  readonly type: string
  readonly subtype?: string | undefined
  readonly id?: string | undefined
  readonly timestamp?: number | undefined
  readonly secret: number
  readonly route?: { readonly pattern: string; readonly params: Readonly<Record<string, string>> }
  readonly headers: Readonly<Record<string, string>>
  /** The body is the JSON of one item of a batch. */
  readonly item?: true
}

export interface RecordOptions {
  /** The headers that are kept. All others, and the query, may hold what must not be stored. */
  readonly headers: readonly string[]
  readonly order: ((event: DeliveredEvent) => string | null | undefined) | undefined
  readonly sequence: ((event: DeliveredEvent) => number | null | undefined) | undefined
}

/**
 * @throws {WebhookError} `ERR_BODY_MALFORMED` if the payload is needed to tell what the event is, `ERR_HANDLER_FAILED` if
 * an option that is a function throws or returns what it must not
 */
export function toRecord(
  task: Task,
  endpoint: WorkingEndpoint,
  options: RecordOptions,
): Awaitable<InboxRecord> {
  const { event, effect } = task
  const { delivery } = event
  const order = orderOf(event, options)
  const sequence = sequenceOf(event, options)
  const head: Head = {
    key: event.key,
    effect,
    type: event.type,
    subtype: isLeft(endpoint.provider) ? undefined : event.subtype,
    id: event.id,
    timestamp: event.timestamp,
    secret: event.secret,
    ...(delivery.host?.route && { route: delivery.host.route }),
    headers: pick(delivery.headers, options.headers),
    ...(event.isBatchItem && { item: true }),
  }
  // Handlers that share an inbox, and effects of one event, have nothing to do with each other.
  const scoped = (text: string) => crypto.hash('sha256', `${endpoint.name}\n${text}`, 'base64url')
  const hashes = [
    scoped(task.key),
    ...(order === undefined ? [] : [scoped(`${effect ?? ''}\n${order}`)]),
  ]
  return after(all(hashes), ([key, orderHash]) => ({
    key: key!,
    endpoint: endpoint.name,
    receivedAt: delivery.receivedAt,
    head: JSON.stringify(head),
    body: event.isBatchItem ? encodeUtf8(JSON.stringify(event.payload)) : delivery.body,
    ...(orderHash !== undefined && { order: orderHash }),
    ...(sequence !== undefined && { sequence }),
  }))
}

/** To parse a payload only for this would cost more than to store it, and who works on it parses it anyway. */
const isLeft = ({ event }: Provider) => event?.subtype?.ofPayload === true

function orderOf(event: DeliveredEvent, { order }: RecordOptions): string | undefined {
  const value = called('order', order, event)
  if (value === undefined || typeof value === 'string') return value
  throw optionFailed('order', `returned a ${typeof value}, not a text`)
}

function sequenceOf(event: DeliveredEvent, { sequence }: RecordOptions): number | undefined {
  const value = called('sequence', sequence, event)
  if (value === undefined || Number.isFinite(value)) return value
  throw optionFailed('sequence', `returned ${String(value)}, not a number`)
}

/** `null` is what many payloads have in place of nothing. */
function called<Value>(
  name: string,
  option: ((event: DeliveredEvent) => Value | null | undefined) | undefined,
  event: DeliveredEvent,
): Value | undefined {
  try {
    return option?.(event) ?? undefined
  } catch (cause) {
    if (isWebhookError(cause)) throw cause
    throw optionFailed(name, `threw: ${messageOf(cause)}`, cause)
  }
}

const optionFailed = (name: string, text: string, cause?: unknown) =>
  new WebhookError('ERR_HANDLER_FAILED', `The option "${name}" of the inbox ${text}`, { cause })

/** @throws {SyntaxError} for what no version of this has written */
export const readHead = (record: InboxRecord): Head => JSON.parse(record.head) as Head

/** The task of a record, as it was when it was stored. */
export function toTask(
  record: InboxRecord,
  endpoint: WorkingEndpoint,
  host: HostContext,
): Awaitable<Task> {
  const head = readHead(record)
  const delivery = new Delivery(
    {
      method: 'POST',
      // Which URL it was may hold what must not be stored. This one leads nowhere (RFC 6761, section 6.4).
      origin: 'http://stored.invalid',
      target: '/',
      headers: fields(head.headers),
      readBody: () => record.body,
    },
    { ...host, ...(head.route && { route: head.route }) },
    { receivedAt: endpoint.clock(), publicUrl: endpoint.publicUrl },
  )
  delivery.body = record.body
  const verified = { delivery, verified: { secret: head.secret } }
  return after(payloadOf(verified, endpoint.provider, head), (payload) => {
    const event = new StoredEvent(endpoint.provider, verified, head, payload)
    event.key = head.key
    return { event, key: record.key, ...(head.effect !== undefined && { effect: head.effect }) }
  })
}

/** Parsed here if the delivery can't do it by itself, when something reads it. */
function payloadOf(
  verified: VerifiedDelivery,
  provider: Provider,
  head: Head,
): Awaitable<{ readonly payload: unknown } | undefined> {
  if (head.item) return { payload: JSON.parse(decodeUtf8(verified.delivery.body)) as unknown }
  // Multipart is parsed on the way; what an item is was decided before it was stored.
  return after(parse(verified, { ...provider, event: {} }), () => undefined)
}

/** An event whose description is known: neither the headers nor the query it came from are there any more. */
class StoredEvent extends DeliveredEvent {
  readonly #head: Head
  readonly #subtypeIsLeft: boolean

  constructor(
    provider: Provider,
    verified: VerifiedDelivery,
    head: Head,
    item: { readonly payload: unknown } | undefined,
  ) {
    super(provider, verified, item)
    this.#head = head
    this.#subtypeIsLeft = isLeft(provider)
  }
  override get type(): string {
    return this.#head.type
  }
  override get subtype(): string | undefined {
    return this.#subtypeIsLeft ? super.subtype : this.#head.subtype
  }
  override get id(): string | undefined {
    return this.#head.id
  }
  override get timestamp(): number | undefined {
    return this.#head.timestamp
  }
}

function pick(headers: HeaderFields, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers.get(name)
    if (value !== null) picked[name] = value
  }
  return picked
}

function fields(headers: Readonly<Record<string, string>>): HeaderFields {
  const map = new Map(Object.entries(headers))
  return { get: (name) => map.get(name) ?? null, [Symbol.iterator]: () => map.entries() }
}
