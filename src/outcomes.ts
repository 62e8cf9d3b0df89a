import type { WebhookError } from './errors.ts'

/** What a handler can say instead of a status code. The provider's contract turns it into an answer. */
export type Outcome = Done | Ignored | Stored | Reply | Retry | Drop

/** How the work on an event ended: an outcome, or the error it failed with. */
export type Result = Outcome | WebhookError

const OUTCOME: unique symbol = Symbol.for('webhook-target.outcome')

interface Marked {
  readonly [OUTCOME]: true
}
export interface Done extends Marked {
  readonly kind: 'done'
}
export interface Ignored extends Marked {
  readonly kind: 'ignored'
}
export interface Stored extends Marked {
  readonly kind: 'stored'
}
export interface Reply extends Marked, ReplyOptions {
  readonly kind: 'replied'
  readonly body: unknown
}
export interface Retry extends Marked, RetryOptions {
  readonly kind: 'retry'
}
export interface Drop extends Marked {
  readonly kind: 'dropped'
  readonly reason: string
}

export interface ReplyOptions {
  /** @default the provider's success status, 200 as a rule */
  readonly status?: number
  /** @default application/json for objects; the provider's reply type for text */
  readonly contentType?: string
}
export interface RetryOptions {
  /** When to try again, for senders that look at `Retry-After`. @default 30 */
  readonly afterSeconds?: number
  /** For the log. */
  readonly reason?: string
}

const plain = <Kind extends string>(kind: Kind) => ({ [OUTCOME]: true, kind }) as const

/** The work is done; the same as returning nothing. */
export const done: Done = plain('done')
/** No effect is registered for the type. */
export const ignored: Ignored = plain('ignored')
/** It is in the inbox, and will be worked on. */
export const stored: Stored = /* @__PURE__ */ plain('stored')

/** Methods of what is still to come: responses, blobs, streams and promises. JSON would make `{}` of them. */
const STREAMING = ['arrayBuffer', Symbol.asyncIterator, 'then'] as const
type Streaming = Readonly<Record<(typeof STREAMING)[number], unknown>>

/**
 * Acknowledges with content: Slack commands, Discord interactions, TwiML, Dialogflow. Objects become
 * JSON, text and bytes go as they are. Only for deliveries of a single event.
 *
 * @throws {TypeError} for a `Response`, a stream or a promise, {RangeError} for a status that is no success
 */
export function reply(body: unknown, options: ReplyOptions = {}): Reply {
  const { status, contentType } = options
  if (
    STREAMING.some(
      (key) => typeof (body as Partial<Streaming> | null | undefined)?.[key] === 'function',
    )
  ) {
    throw new TypeError('reply() takes JSON, text or bytes: no Response, stream or promise')
  }
  if (contentType !== undefined && !/^[\x20-\x7e]+$/.test(contentType)) {
    throw new TypeError('reply() takes a contentType of visible ASCII: it becomes a header')
  }
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 299)) {
    throw new RangeError('reply() takes a status from 200 to 299; use retry() for failures')
  }
  return { [OUTCOME]: true, kind: 'replied', body, ...options }
}

/** Asks the sender to deliver again, like a throw but without an error in the log. */
export function retry(options: RetryOptions = {}): Retry {
  const { afterSeconds } = options
  if (afterSeconds !== undefined && !(Number.isFinite(afterSeconds) && afterSeconds >= 0)) {
    throw new RangeError('retry() takes afterSeconds as a number of seconds from 0')
  }
  return { [OUTCOME]: true, kind: 'retry', ...options }
}

/** Acknowledges without doing anything: the event is understood and not wanted. */
export function drop(reason: string): Drop {
  return { [OUTCOME]: true, kind: 'dropped', reason }
}

/** True for what `reply`, `retry` and `drop` return; whatever else a handler returns means done. */
export function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && OUTCOME in value
}
