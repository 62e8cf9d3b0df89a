import { WebhookError } from './errors.ts'
import { EMPTY } from './lib/bytes.ts'
import { isPromise } from './lib/awaitable.ts'
import type { Budget } from './lib/deadline.ts'
import { readMember } from './lib/member.ts'
import { FORM, mediaType, parseJson, parsePayload } from './lib/payload.ts'
import type {
  Awaitable,
  HeaderFields,
  HostContext,
  IncomingParts,
  OutgoingMessage,
} from './types.ts'

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({})

/** Rewrites the URL a host saw into the one the sender called. */
export type PublicUrl = (origin: string, target: string) => string

interface DeliveryOptions {
  readonly receivedAt: number
  readonly publicUrl?: PublicUrl | undefined
  /** Holds the reading of the body. */
  readonly budget?: Budget
}

/**
 * One HTTP attempt to bring an event. Its head is there from the start, its body once `readBody` has run;
 * everything derived is worked out when it is first asked for.
 */
export class Delivery {
  readonly parts: IncomingParts
  readonly host: HostContext | undefined
  /** Milliseconds since 1970 by the handler's clock. */
  readonly receivedAt: number
  /** The exact bytes; empty until the body has been read. */
  body: Uint8Array = EMPTY

  readonly #publicUrl: PublicUrl | undefined
  readonly #budget: Budget | undefined
  #query: URLSearchParams | undefined
  #reading: Awaitable<Uint8Array> | undefined
  #parsed = false
  #payload: unknown

  constructor(parts: IncomingParts, host: HostContext | undefined, options: DeliveryOptions) {
    this.parts = parts
    this.host = host
    this.receivedAt = options.receivedAt
    this.#publicUrl = options.publicUrl
    this.#budget = options.budget
  }

  get method(): string {
    return this.parts.method
  }
  get headers(): HeaderFields {
    return this.parts.headers
  }
  get clientAddress(): string | undefined {
    return this.parts.clientAddress ?? this.host?.clientAddress
  }
  get params(): Readonly<Record<string, string>> {
    return this.host?.route?.params ?? NO_PARAMS
  }
  /** The URL the sender called, as far as it is known: see `publicUrl`. */
  get url(): string {
    const { origin, target } = this.parts
    return this.#publicUrl ? this.#publicUrl(origin, target) : origin + target
  }
  get query(): URLSearchParams {
    const { target } = this.parts
    const at = target.indexOf('?')
    return (this.#query ??= new URLSearchParams(at < 0 ? '' : target.slice(at)))
  }

  /**
   * The body, parsed by its content type. Form fields and JSON members come as a plain object.
   *
   * @throws {WebhookError} `ERR_BODY_MALFORMED`
   */
  get payload(): unknown {
    if (!this.#parsed) this.setPayload(parsePayload(this.body, this.headers.get('content-type')))
    return this.#payload
  }
  /** The JSON in a field of a form; the payload itself without a name, or if there is no such field. */
  unwrapped(formField: string | undefined): unknown {
    const { payload } = this
    if (formField === undefined || mediaType(this.headers.get('content-type')) !== FORM)
      return payload
    const wrapped = readMember(payload, [formField])
    return typeof wrapped === 'string' ? parseJson(wrapped) : payload
  }
  /** For payloads that can only be parsed asynchronously. */
  setPayload(payload: unknown): void {
    this.#payload = payload
    this.#parsed = true
  }

  /**
   * Reads the body, once: what comes of the first time counts.
   *
   * @throws {WebhookError} `ERR_BODY_TOO_LARGE`, `ERR_BODY_INCOMPLETE`, `ERR_DEADLINE_EXCEEDED`
   */
  readBody(maxBytes: number, once?: boolean): Awaitable<Uint8Array> {
    if (this.#reading) return this.#reading
    const declared = this.headers.get('content-length')
    if (declared !== null && Number(declared) > maxBytes) throw bodyTooLarge(maxBytes)
    const body = this.parts.readBody(maxBytes, once)
    if (!this.#budget || !isPromise(body)) return (this.#reading = body)
    return (this.#reading = this.#budget.hold(
      body,
      () =>
        this.parts.cancel?.() ??
        new WebhookError('ERR_DEADLINE_EXCEEDED', 'The body did not end before the deadline'),
    ))
  }
}

export function bodyTooLarge(maxBytes: number): WebhookError {
  return new WebhookError(
    'ERR_BODY_TOO_LARGE',
    `The body is longer than limits.maxBodyBytes, ${maxBytes}`,
  )
}

/** A message about to be sent, seen as the delivery it will be: signing and verifying read the same. */
export function outgoingDelivery({ method, url, headers, body }: OutgoingMessage): Delivery {
  const fields: HeaderFields = {
    get: (name) => headers[name] ?? null,
    [Symbol.iterator]: () => Object.entries(headers).values(),
  }
  const { origin, target } = splitUrl(url)
  const parts: IncomingParts = { method, origin, target, headers: fields, readBody: () => body }
  const delivery = new Delivery(parts, undefined, { receivedAt: 0 })
  delivery.body = body
  return delivery
}

/** Splits an absolute URL without normalizing it: signatures may cover every byte. */
export function splitUrl(url: string): { readonly origin: string; readonly target: string } {
  const authority = url.indexOf('//') + 2
  const length = url.slice(authority).search(/[/?#]/)
  if (length < 0) return { origin: url, target: '/' }
  return { origin: url.slice(0, authority + length), target: url.slice(authority + length) }
}
