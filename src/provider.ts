import { configurationError } from './errors.ts'
import { readMember } from './lib/member.ts'
import type { EventMap, Extractor, InferSchemas, Provider, SchemaMap } from './types.ts'

/**
 * What a sender may get to see: a status, a class of them, no answer in time (`timeout`), no connection
 * (`unreachable`); `else` is what no list of the same facts names. A status goes before its class: 410 in one list is
 * no `4xx` of another. Of what is in no list, and of `else` where none has it, nothing is known.
 */
export type Answers = readonly (
  | number
  | '2xx'
  | '3xx'
  | '4xx'
  | '5xx'
  | 'timeout'
  | 'unreachable'
  | 'else'
)[]

/**
 * What is known of how a sender delivers, for people and for the catalogue. Each provider exports it beside
 * its function as `facts`, so that no bundle carries it.
 */
export interface ProviderFacts {
  /** As the sender writes its name. */
  readonly title: string
  readonly docs: readonly [string, ...string[]]
  /** The month in which the sources were read: `2026-07`. */
  readonly checked: string
  /** The answers that count as delivered. */
  readonly delivered: Answers
  /** What else is known of them: `with an empty body`. */
  readonly deliveredNote?: string
  /** The answers after which it delivers again, none if it never does; `unknown` if the sources don't say. */
  readonly retriedOn: Answers | 'unknown'
  /** What else is known of that: `for events; never for interactions`. */
  readonly retriedNote?: string
  /** The answers after which it never delivers again. @default none is known */
  readonly givenUpOn?: Answers
  /** When it delivers again: `3 times: after 1 min, 1 h and 6 h`. */
  readonly schedule?: string
  /** Whether it waits as long as `Retry-After` says. @default it is not known to */
  readonly heedsRetryAfter?: boolean
  /** What else ends the retries of one delivery. */
  readonly stops?: string
  /** What switches the endpoint off. */
  readonly disables?: string
  /** What the sources leave open or contradict each other in, and the option that decides it. */
  readonly doubts?: readonly string[]
}

/** A provider without its types: what `defineProvider` takes. */
export type ProviderDefinition = Omit<Provider, 'events' | 'schemas'>

/**
 * Describes a sender. A `schemas` entry validates the payload of its type and types it in `on`;
 * without one, payloads are `unknown`. Verification can't be left out: a sender that proves nothing
 * takes `unauthenticated` from `webhook-target/schemes/unauthenticated`.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` if the name or the scheme is missing
 */
export function defineProvider<const Schemas extends SchemaMap>(
  definition: ProviderDefinition & { readonly schemas: Schemas },
): Provider<InferSchemas<Schemas>>
export function defineProvider<Events extends EventMap = Record<string, unknown>>(
  definition: ProviderDefinition,
): Provider<Events>
export function defineProvider(definition: Provider): Provider {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.name ?? '')) {
    throw configurationError('ERR_OPTION_INVALID', 'A provider needs a name in kebab-case')
  }
  if (typeof definition.verify?.open !== 'function') {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `The provider ${definition.name} has no scheme in "verify"`,
    )
  }
  return definition
}

/* Extractors ------------------------------------------------------------------------------------- */

/** The value of a header field; empty counts as absent. */
export function header(name: string): Extractor {
  const lower = name.toLowerCase()
  const read: Extractor = ({ delivery }) => delivery.headers.get(lower) || undefined
  return Object.assign(read, { headers: [lower] })
}

/** The value of a query parameter. */
export function query(name: string): Extractor {
  return ({ delivery }) => delivery.query.get(name) ?? undefined
}

/** A member of the payload by its path, `event.type`. Numbers become text, as ids may be numbers. */
export function member(path: string): Extractor {
  const names = path.split('.')
  const read: Extractor = ({ payload }) => toText(readMember(payload, names))
  return Object.assign(read, { ofPayload: true })
}

/** The first of several that is there. */
export function first<Value>(...extractors: readonly Extractor<Value>[]): Extractor<Value> {
  const read: Extractor<Value> = (from) => {
    for (const extract of extractors) {
      const value = extract(from)
      if (value !== undefined) return value
    }
    return undefined
  }
  return Object.assign(read, { headers: extractors.flatMap(({ headers = [] }) => headers) })
}

/** Reads a number, `undefined` if it is none; `plus` is added, for attempts counted from 0. */
export function number(extract: Extractor, plus = 0): Extractor<number> {
  return (from) => {
    const text = extract(from)
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) + plus : undefined
  }
}

/** Reads a point in time as milliseconds since 1970. */
export function time(unit: 's' | 'ms' | 'iso', extract: Extractor): Extractor<number> {
  return (from) => {
    const text = extract(from)
    if (text === undefined) return undefined
    const value = unit === 'iso' ? Date.parse(text) : Number(text) * (unit === 's' ? 1000 : 1)
    return Number.isFinite(value) ? value : undefined
  }
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value || undefined
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}
