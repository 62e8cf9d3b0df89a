import type { Delivery } from './delivery.ts'
import type { Budget } from './lib/deadline.ts'
import type {
  EventDescription,
  HeaderFields,
  Provider,
  VerifiedDelivery,
  WebhookContext,
  WebhookEvent,
} from './types.ts'

/** An event of a verified delivery. What a handler never reads is never worked out. */
export class DeliveredEvent implements WebhookEvent {
  readonly provider: string
  readonly secret: number
  readonly delivery: Delivery
  /** One of several in its delivery, whose payload is given. */
  readonly isBatchItem: boolean
  key = ''
  readonly #description: EventDescription
  #parsed: { readonly payload: unknown } | undefined
  #validated: { readonly data: unknown } | undefined

  constructor(
    provider: Provider,
    { delivery, verified }: VerifiedDelivery,
    item?: { readonly payload: unknown },
  ) {
    this.provider = provider.name
    this.secret = verified.secret
    this.delivery = delivery
    this.isBatchItem = item !== undefined
    this.#description = provider.event ?? {}
    this.#parsed = item
  }

  /** @throws {WebhookError} `ERR_BODY_MALFORMED` */
  get payload(): unknown {
    this.#parsed ??= { payload: this.delivery.unwrapped(this.#description.formField) }
    return this.#parsed.payload
  }
  /** The payload, or what a schema made of it. */
  get data(): unknown {
    return this.#validated ? this.#validated.data : this.payload
  }
  set data(data: unknown) {
    this.#validated = { data }
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

/** An event and one of its effects: what is admitted, stored, worked on and tried again. */
export interface Task {
  readonly event: DeliveredEvent
  /** The name of the effect, if its type has several. */
  readonly effect?: string
  /** `event.key`, with the name of the effect. */
  readonly key: string
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
    return this.#event.delivery.receivedAt + this.#budget.totalMs - this.#budget.waitedMs
  }

  get signal(): AbortSignal {
    return this.#budget.signal
  }
  get receivedAt(): number {
    return this.#event.delivery.receivedAt
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
    return (this.#request ??= new Request(withoutCredentials(url), {
      method,
      headers: [...headers],
      body: body as BodyInit,
    }))
  }
}

/** `publicUrl` may hold credentials for signing; a `Request` refuses them, and its error would quote them. */
function withoutCredentials(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/, '$1')
}
