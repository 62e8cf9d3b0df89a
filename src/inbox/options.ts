import { configurationError } from '../errors.ts'
import { positive } from '../lib/options.ts'
import { timerMs, timerSeconds } from '../lib/timer-options.ts'
import type { WebhookEvent } from '../types.ts'
import type { Capabilities } from './engine.ts'
import type { KeyStore } from './keys.ts'

/** What every engine's inbox can be told. */
export interface InboxOptions {
  /**
   * Attempts at the work on a delivery, before it is given up as a dead letter.
   *
   * @default 12, or 20 for senders that never deliver again by themselves: over about 1 and 5 hours
   */
  readonly attempts?: number
  /** The wait before another attempt: anything up to a limit that doubles from the first to the second figure. */
  readonly backoff?: {
    /** @default 5 */
    readonly baseSeconds?: number
    /** @default 3600 */
    readonly maxSeconds?: number
  }
  /** Seconds that one attempt may take; then its signal aborts and another follows. @default 300 */
  readonly workSeconds?: number
  /** Deliveries that a process works on at a time. @default 16 */
  readonly concurrency?: number
  /**
   * Seconds after which the work of a process that is gone or frozen is given to another. One that lives
   * renews them.
   *
   * @default 30
   */
  readonly leaseSeconds?: number
  /** Header fields that are kept for `context.headers`, besides `content-type` and `user-agent`. @default none */
  readonly headers?: readonly string[]
  /**
   * Events of the same order are worked on one after the other, as they came in. Note that one that fails
   * holds up those behind it.
   */
  readonly order?: (event: WebhookEvent) => string | null | undefined
  /**
   * Drops what came too late: an event of an order of which one with a higher number is done. Senders deliver in no
   * order, so what is the state of something, and not a change to it, should not be overwritten by an older one.
   *
   * @example (event) => event.timestamp
   */
  readonly sequence?: (event: WebhookEvent) => number | null | undefined
  /**
   * Tells duplicates where the engine can't. `false`: the handler is told of some events more than once.
   * Needed for engines that know a key for less than a day.
   */
  readonly keys?: KeyStore | false
  /** Seconds for which `keys` remembers what is done. @default 604800, a week */
  readonly keepKeysSeconds?: number
}

/** The options, checked, in the units they are used in. */
export interface InboxSettings {
  readonly attempts: number | undefined
  readonly backoff: { readonly baseMs: number; readonly maxMs: number }
  readonly workMs: number
  readonly concurrency: number
  readonly leaseMs: number
  readonly headers: readonly string[]
  readonly order: InboxOptions['order']
  readonly sequence: InboxOptions['sequence']
  readonly keys: KeyStore | undefined
  readonly keepKeysMs: number
}

const ALWAYS_KEPT = ['content-type', 'user-agent']
const DAY_SECONDS = 86_400
const WEEK_SECONDS = 7 * DAY_SECONDS
/** 317 years. Stores fail at what they can't count to, and at infinity. */
const MOST_MS = 1e13

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function compileOptions(
  name: string,
  { dedupe, order, sequence, maxRunSeconds }: Capabilities,
  options: InboxOptions,
): InboxSettings {
  const { backoff = {}, keys } = options
  if (dedupe.windowSeconds < DAY_SECONDS && keys === undefined) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `${name} tells duplicates for ${dedupe.windowSeconds} s only, and senders repeat themselves for days: raise that where you can, give "keys" a store, or false if your effects may see an event twice`,
    )
  }
  if (options.order && !order) {
    throw configurationError('ERR_OPTION_INVALID', `${name} keeps no order`)
  }
  if (options.sequence && !(sequence && options.order)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      '"sequence" needs an "order", and an engine that can tell what is stale, as sqlite',
    )
  }
  const workSeconds = timerSeconds('workSeconds', options.workSeconds, Math.min(300, maxRunSeconds))
  if (workSeconds > maxRunSeconds) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `${name} gives an attempt ${maxRunSeconds} s at most, which workSeconds exceeds`,
    )
  }
  return {
    attempts:
      options.attempts === Infinity ? Infinity : whole('attempts', options.attempts, undefined),
    backoff: {
      baseMs: timerMs('backoff.baseSeconds', backoff.baseSeconds, 5),
      maxMs: timerMs('backoff.maxSeconds', backoff.maxSeconds, 3600),
    },
    workMs: workSeconds * 1000,
    concurrency: whole('concurrency', options.concurrency, 16),
    leaseMs: timerMs('leaseSeconds', options.leaseSeconds, 30),
    headers: [...ALWAYS_KEPT, ...(options.headers ?? []).map((field) => field.toLowerCase())],
    order: options.order,
    sequence: options.sequence,
    keys: keys || undefined,
    keepKeysMs: Math.min(
      positive('keepKeysSeconds', options.keepKeysSeconds, WEEK_SECONDS) * 1000,
      MOST_MS,
    ),
  }
}

function whole<Default>(name: string, value: number | undefined, fallback: Default) {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value) && value > 0) return value
  throw configurationError('ERR_OPTION_INVALID', `${name} is a whole number from 1`)
}
