import type { Delivery } from './delivery.ts'
import type { WebhookError } from './errors.ts'
import type { Outcome } from './outcomes.ts'

export type Awaitable<T> = T | Promise<T>

/* The request, in parts -------------------------------------------------------------------------- */

/** Header fields by lower-case name. The platform's `Headers` is one; hosts bring lighter ones. */
export interface HeaderFields extends Iterable<[name: string, value: string]> {
  get(name: string): string | null
  /** True if the field came in more than one line. Absent where the host can't tell. */
  repeated?(name: string): boolean
}

/** What a host has before a `Request` exists: the parts door of a handler takes these. */
export interface IncomingParts {
  readonly method: string
  /** Scheme and authority as the host saw them: `https://hooks.example.com`. */
  readonly origin: string
  /** Path and query, byte for byte as on the request line. */
  readonly target: string
  readonly headers: HeaderFields
  /** The address of the sender, as far as the host can tell. */
  readonly clientAddress?: string | undefined
  /** When it arrived, by `performance.now()`, where it had to wait before the handler was called. */
  readonly arrivedAt?: number
  /**
   * Reads the whole body, counting bytes.
   *
   * @param once whether the sender never delivers it again: a host that is full turns those away last
   * @throws {WebhookError} `ERR_BODY_TOO_LARGE` past `maxBytes`, `ERR_BODY_INCOMPLETE` if it breaks off
   */
  readBody(maxBytes: number, once?: boolean): Awaitable<Uint8Array>
  /** Told when nothing is to be done for it any more but to wait: its place is free for another. */
  giveWay?(): void
  /** Gives up a body that is still being read. Returns an error if it is not the sender who is late. */
  cancel?(): WebhookError | void
}

/** The answer, in parts. */
export interface ReplyParts {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** What the host knows and a request doesn't say. Every field is optional. */
export interface HostContext {
  readonly clientAddress?: string
  /** Seconds after which the platform gives up on the request. */
  readonly platformTimeoutSeconds?: number
  /** Receives the reports of handlers that have no `telemetry` of their own. */
  readonly telemetry?: Telemetry
  /** Set by `mount`: the pattern that matched and the values of its parameters. */
  readonly route?: Route
}

export interface Route {
  readonly pattern: string
  readonly params: Readonly<Record<string, string>>
}

/* Verification ----------------------------------------------------------------------------------- */

export type SecretValue = string | Uint8Array

/**
 * What is known of a request before anything about it is proven. Anyone can send any of it: use it to
 * look a secret up, never to decide that a request is genuine.
 */
export interface UntrustedHint {
  readonly params: Readonly<Record<string, string>>
  readonly headers: HeaderFields
  readonly url: string
  /** The raw body; empty for schemes that decide before the body is read. */
  readonly body: Uint8Array
}

/**
 * One secret, several while rotating (any may match), or a function that finds them for each request.
 * The function returns `undefined` for a tenant it does not know; if it throws, the sender is asked to retry.
 *
 * Find the tenant by a parameter of the path: those are part of `event.key`. Tenants that a header or the body
 * tells apart share their ids, so that one could make an event of another look like a duplicate.
 */
export type SecretSource<Value = SecretValue> =
  | Value
  | readonly Value[]
  | ((hint: UntrustedHint) => Awaitable<Value | readonly Value[] | undefined>)

/** What a scheme has proven. */
export interface Verified {
  /** Which of the secrets matched, by its place in the list. */
  readonly secret: number
}

/** A delivery that is proven to come from the sender. Only `verify` makes one. */
export interface VerifiedDelivery {
  readonly delivery: Delivery
  readonly verified: Verified
}

/** The second half of a verification: runs over the body once that has been read. */
export type VerifyBody = (delivery: Delivery) => Awaitable<Verified>

/**
 * A way of proving who sent a delivery. `open` looks at the head alone, so that what can be refused is
 * refused before the body is read, and returns the check to run over the body. Both throw `WebhookError`.
 */
export interface Scheme {
  /** For logs: `hmac-sha256`. */
  readonly name: string
  /** The header fields it reads, lower case. Each must occur once; none is ever logged or stored. */
  readonly headers: readonly string[]
  /**
   * True if the request carries this scheme's evidence, genuine or not; `in-body` if it would be in the
   * body, which has to be read to tell.
   */
  applies(head: Delivery): boolean | 'in-body'
  open(head: Delivery): Awaitable<VerifyBody>
  /** Signs as the sender would. Absent where only the sender can. */
  readonly sign?: Sign
}

export interface OutgoingMessage {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface SignOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** The sender's private key, for schemes whose receiver holds only the public one. */
  readonly privateKey?: SecretValue
}

/** Returns the message with what proves its sender added. */
export type Sign = (message: OutgoingMessage, options: SignOptions) => Awaitable<OutgoingMessage>

/* Challenges ------------------------------------------------------------------------------------- */

/** Answers the question by which a provider finds out who owns an endpoint. */
export interface Challenge {
  readonly name: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS'
  /** A signed challenge is answered only after verification. */
  readonly signed: boolean
  /** Whether the question is in the body. An unsigned one is then read to 16 KiB at most. */
  readonly inBody: boolean
  /**
   * The answer, or `undefined` if this request is no such challenge.
   *
   * @param verified what the scheme has proven; absent if the challenge comes unsigned
   * @throws {WebhookError} `ERR_CHALLENGE_REFUSED` for a challenge that must not be answered
   */
  answer(delivery: Delivery, verified?: Verified): Awaitable<ReplyParts | undefined>
}

/* Providers -------------------------------------------------------------------------------------- */

/** What an extractor reads: the verified delivery, and the payload of one event of it. */
export interface Extractable {
  readonly delivery: Delivery
  readonly payload: unknown
}

/** Takes a value out of a delivery. `header`, `member`, `query` and `first` build them. */
export interface Extractor<Value = string> {
  (from: Extractable): Value | undefined
  /** The header fields it reads, lower case. Those of a type or an id must not be repeated. */
  readonly headers?: readonly string[]
  /** Whether it reads the payload and nothing else, so that it can be read as well when the work is done. */
  readonly ofPayload?: boolean
}

export interface EventDescription {
  /** @default the type is `webhook` */
  readonly type?: Extractor
  /** A finer type below `type`: with `action`, `on` may list `pull_request.opened`. */
  readonly subtype?: Extractor
  /** The sender's id of the event, stable over its retries. @default a hash of the body */
  readonly id?: Extractor
  /** When the event happened, in milliseconds since 1970. */
  readonly timestamp?: Extractor<number>
  /** Which attempt at this delivery it is, from 1. @default 1 */
  readonly attempt?: Extractor<number>
  /** The form field that holds the JSON, for senders that wrap it in a form. */
  readonly formField?: string
  /** Splits a batch into the payloads of its events. */
  readonly items?: (payload: unknown) => readonly unknown[]
}

/** What answers mean to this sender. The outcome of a delivery is mapped through it. */
export interface AcknowledgementContract {
  /** Seconds the sender waits. @default 10 */
  readonly deadlineSeconds?: number
  /** What counts as success. @default { status: 200 } with no body */
  readonly success?: Partial<ReplyParts>
  /** The answer to what is proven not to come from the sender. @default 401 */
  readonly refusedStatus?: number
  /** The answer that makes the sender try again. @default 503 */
  readonly retryStatus?: number
  /** Content type of a text `reply`. @default text/plain; charset=utf-8 */
  readonly replyType?: string
  /** Whether the sender tries again by itself. @default true */
  readonly retries?: boolean
}

export type EventMap = object

/** A sender, as data. Read in both directions: it verifies what arrives and signs what a test sends. */
export interface Provider<Events extends EventMap = Record<string, unknown>> {
  readonly name: string
  readonly verify: Scheme
  readonly challenges?: readonly Challenge[]
  readonly event?: EventDescription
  readonly acknowledge?: AcknowledgementContract
  /** Validates the payloads of the listed types and gives them their TypeScript type. */
  readonly schemas?: SchemaMap
  /** Holds the type of the events, never a value. */
  readonly events?: Events
}

/* Events ----------------------------------------------------------------------------------------- */

/** Something that happened at the sender. A delivery brings one, or several if the sender batches. */
export interface WebhookEvent<Type extends string = string, Data = unknown> {
  readonly provider: string
  readonly type: Type
  /** The sender's id, stable over its retries. Use `key` for an idempotency key. */
  readonly id: string | undefined
  /** Provider, endpoint, tenant and id in one string: what deduplication goes by. */
  readonly key: string
  /** The payload as sent, parsed when it is first read. */
  readonly data: Data
  /** When it happened, in milliseconds since 1970, if the sender says so. */
  readonly timestamp: number | undefined
  /** Which of the configured secrets matched: 0 unless several are. */
  readonly secret: number
}

export interface WebhookContext {
  /** Milliseconds since 1970 by which the sender must have its answer. */
  readonly deadline: number
  /** Aborted when the deadline budget is spent. */
  readonly signal: AbortSignal
  /** When the delivery was received, in milliseconds since 1970. Long ago if it waited in an inbox. */
  readonly receivedAt: number
  /**
   * Which attempt it is, from 1: at this work with an inbox, else of the sender, where that tells. Above 1, an
   * attempt before this one may have had its effect.
   */
  readonly attempt: number
  /** The transaction in which an inbox marks the work as done, where its engine has one to share. */
  readonly transaction?: unknown
  /** Values of the parameters in the path `mount` matched. */
  readonly params: Readonly<Record<string, string>>
  /** The bytes as they came in, which is what was verified. */
  readonly rawBody: Uint8Array
  readonly headers: HeaderFields
  readonly clientAddress: string | undefined
  /**
   * The delivery as a Fetch `Request`, made when it is first read. From an inbox it has the headers that are kept, and
   * the URL only if that is the `publicUrl`.
   */
  readonly request: Request
}

/** Works on an event. Returns nothing (done) or an outcome; a throw means retry. */
export type Effect<Event> = (event: Event, context: WebhookContext) => Awaitable<Outcome | void>

/**
 * Several effects of one type by their names, each with a state of its own: one that fails is tried again, and
 * those that are done are not. A name must not change while deliveries wait.
 */
export type NamedEffects<Event> = Readonly<Record<string, Effect<Event>>>

/** An effect for each type, or several with names, and `*` for the types not listed. */
export type Effects<Events extends EventMap> = {
  readonly [Type in keyof Events & string]?:
    | Effect<WebhookEvent<Type, Events[Type]>>
    | NamedEffects<WebhookEvent<Type, Events[Type]>>
} & { readonly '*'?: Effect<WebhookEvent> | NamedEffects<WebhookEvent> }

/* Inbox ------------------------------------------------------------------------------------------ */

/** What a host does for an inbox that its handler uses. */
export interface HostedInbox {
  /** For messages: `sqlite`. */
  readonly name: string
  /** Whether work is done only by a process that runs between requests, as those that freeze don't. */
  readonly pulls: boolean
  /** Opens the store, and rejects if it can't be used. */
  open(): Promise<void>
  /** Starts to work on what is stored, where that is pulled. */
  work(host?: HostContext): Promise<void>
  /** Takes no more work; resolves when what is under way has ended. Deliveries are stored all the same. */
  stop(): Promise<void>
  /** Stops, and closes the store. */
  close(): Promise<void>
}

/* Validation ------------------------------------------------------------------------------------- */

/** The part of Standard Schema (https://standardschema.dev, version 1) in use. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<
      | { readonly value: Output; readonly issues?: undefined }
      | {
          readonly issues: readonly {
            readonly message: string
            readonly path?: readonly unknown[] | undefined
          }[]
        }
    >
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type SchemaMap = Readonly<Record<string, StandardSchema>>
export type InferSchemas<Schemas extends SchemaMap> = {
  [Type in keyof Schemas]: Schemas[Type] extends StandardSchema<infer Output> ? Output : never
}

/* Telemetry -------------------------------------------------------------------------------------- */

/** One line of what became of a delivery. Holds no header, body or secret. */
export interface DeliveryReport {
  readonly provider: string
  readonly outcome:
    | Outcome['kind']
    | 'duplicate'
    | 'challenge'
    | 'dead'
    | 'refused'
    | 'rejected'
    | 'unavailable'
  readonly status: number
  readonly durationMs: number
  readonly type?: string | undefined
  readonly id?: string | undefined
  readonly secret?: number | undefined
  readonly reason?: string | undefined
  readonly error?: WebhookError | undefined
  /** The name of the effect, if the type has several. */
  readonly effect?: string | undefined
  /** The key of the record in an inbox that was worked on, for `replay`. */
  readonly key?: string | undefined
  /** Which attempt at work from an inbox it was. The status is then 0: nobody is answered. */
  readonly attempt?: number | undefined
}

export interface Telemetry {
  /** No report is made of what went well. @default false */
  readonly problemsOnly?: boolean
  /** Called once an answer is known, for each event of the delivery or once if there is none. */
  onDelivery?(report: DeliveryReport): void
}

/* Handlers --------------------------------------------------------------------------------------- */

/** An endpoint. Callable, with `fetch` for runtimes that want an object and `receive` for hosts. */
export interface WebhookHandler {
  /** By itself too, so that platforms may pass a second argument of their own, as Next does. */
  (request: Request): Promise<Response>
  (request: Request, host?: HostContext): Promise<Response>
  /** For runtimes that call an object's `fetch`. Of Workers' arguments only `waitUntil` is used. */
  readonly fetch: (request: Request, env?: unknown, context?: unknown) => Promise<Response>
  /** For hosts that have the parts. Never rejects, and answers at once if nothing has to be waited for. */
  readonly receive: (parts: IncomingParts, host?: HostContext) => Awaitable<ReplyParts>
  /** The inboxes it uses, for the host to open, work and close. */
  readonly inboxes: readonly HostedInbox[]
  /** The paths it takes, if it was made by `mount`. */
  readonly paths?: readonly string[]
}
