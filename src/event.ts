import type { Delivery } from './delivery.ts'
import type { Budget } from './lib/deadline.ts'
import type {
  EventDescription,
  HeaderFields,
  Provider,
  WebhookContext,
  WebhookEvent,
} from './types.ts'

/** An event of a verified delivery. What a handler never reads is never worked out. */
export class DeliveredEvent implements WebhookEvent {
  readonly provider: string
  readonly secret: number
  readonly delivery: Delivery
  /** One of several in its delivery. */
  readonly isBatchItem: boolean
  key = ''
  readonly #description: EventDescription
  #readPayload: (() => unknown) | undefined
  #payload: unknown

  constructor(
    provider: Provider,
    delivery: Delivery,
    options: {
      readonly secret: number
      readonly isBatchItem: boolean
      readonly readPayload: () => unknown
    },
  ) {
    this.provider = provider.name
    this.secret = options.secret
    this.delivery = delivery
    this.isBatchItem = options.isBatchItem
    this.#description = provider.event ?? {}
    this.#readPayload = options.readPayload
  }

  /** @throws {WebhookError} `ERR_BODY_MALFORMED` */
  get payload(): unknown {
    if (this.#readPayload) {
      this.#payload = this.#readPayload()
      this.#readPayload = undefined
    }
    return this.#payload
  }
  get data(): unknown {
    return this.payload
  }
  /** What a schema made of the payload. */
  set data(value: unknown) {
    this.#payload = value
  }
  get type(): string {
    return this.#description.type ? (this.#description.type(this) ?? 'unknown') : 'webhook'
  }
  get subtype(): string | undefined {
    return this.#description.subtype?.(this)
  }
  get id(): string | undefined {
    return this.#description.id?.(this)
  }
  get timestamp(): number | undefined {
    return this.#description.timestamp?.(this)
  }
  get attempt(): number {
    return this.#description.attempt?.(this) ?? 1
  }
}

/** What surrounds an event while it is worked on. */
export class DeliveryContext implements WebhookContext {
  readonly #event: DeliveredEvent
  readonly #budget: Budget
  #request: Request | undefined

  constructor(event: DeliveredEvent, budget: Budget) {
    this.#event = event
    this.#budget = budget
  }

  get deadline(): number {
    return this.#event.delivery.receivedAt + this.#budget.totalMs
  }

  get signal(): AbortSignal {
    return this.#budget.signal
  }
  get attempt(): number {
    return this.#event.attempt
  }
  get params(): Readonly<Record<string, string>> {
    return this.#event.delivery.params
  }
  get rawBody(): Uint8Array {
    return this.#event.delivery.body
  }
  get headers(): HeaderFields {
    return this.#event.delivery.headers
  }
  get clientAddress(): string | undefined {
    return this.#event.delivery.clientAddress
  }
  get request(): Request {
    const { method, url, headers, body } = this.#event.delivery
    return (this.#request ??= new Request(url, {
      method,
      headers: [...headers],
      body: body as BodyInit,
    }))
  }
}
