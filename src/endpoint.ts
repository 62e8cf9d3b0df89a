import type { PublicUrl } from './delivery.ts'
import type { DeliveredEvent, Task } from './event.ts'
import { configurationError } from './errors.ts'
import { budgetMs, type Budget } from './lib/deadline.ts'
import type { Result } from './outcomes.ts'
import { MemoryAdmission, type MemoryAdmissionOptions } from './stages/admit.ts'
import type {
  Challenge,
  Effect,
  Effects,
  EventMap,
  HostContext,
  HostedInbox,
  NamedEffects,
  Provider,
  StandardSchema,
  Telemetry,
  WebhookEvent,
} from './types.ts'

/** The largest body read unless `limits` says otherwise: 1 MiB. */
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024

export interface Limits {
  /** Bytes; a longer body is answered 413. GitHub sends up to 25 MB. @default 1048576, 1 MiB */
  readonly maxBodyBytes?: number
}

/**
 * When a delivery is acknowledged. `processed`: when its work is done. `stored`: when it is in the inbox.
 * `auto`: when its work is done if that is in time, else as it is in the inbox.
 */
export type AcknowledgeMode = 'processed' | 'stored' | 'auto'

/** What became of a task, and whether that was known before. */
export interface WorkedTask {
  readonly task: Task
  readonly result: Result
  readonly duplicate: boolean
}

/** Takes a task in: resolves when it is stored, or done. Never rejects. */
export type AcceptTask = (task: Task, budget: Budget) => Promise<WorkedTask>

/** A durable inbox. Engines make one: `sqlite('inbox.db')`. */
export interface Inbox extends HostedInbox {
  /** Called once by each handler that uses it. */
  bind(endpoint: WorkingEndpoint): AcceptTask
}

export interface WebhookHandlerOptions<Events extends EventMap = Record<string, unknown>> {
  readonly provider: Provider<Events>
  /** What to do, by event type; types not listed go to `*`, or are acknowledged and ignored. */
  readonly on: NoInfer<Effects<Events>>
  /**
   * Stores deliveries before they are acknowledged: nothing that was answered 2xx is lost, duplicates are told
   * across restarts and replicas, and what fails is tried again.
   *
   * @default none: a delivery is acknowledged when its work is done
   */
  readonly inbox?: Inbox
  /** @default auto with an inbox, else processed */
  readonly acknowledge?: AcknowledgeMode
  /**
   * What deliveries in an inbox are known by. Has to differ between the handlers that share one, and to stay the
   * same for as long as deliveries wait.
   *
   * @default the name of the provider
   */
  readonly name?: string
  /**
   * Answers duplicates without working on them again. Kept in the memory of this process: a restart or a
   * second replica knows nothing of it. `false` switches it off. An inbox brings its own.
   *
   * @default a day, 10 000 events
   */
  readonly dedupe?: false | MemoryAdmissionOptions
  readonly limits?: Limits
  /**
   * The URL the sender calls, for senders that sign it (Twilio) and for `context.request`, where proxies
   * change it on the way. An origin (`https://example.com`) takes path and query from the request, a URL
   * with a path takes only the query. May hold credentials.
   *
   * @default the URL as the host saw it
   */
  readonly publicUrl?: string
  /** Milliseconds since 1970, for the freshness of signatures. @default Date.now */
  readonly clock?: () => number
  /** Receives a report of every delivery. @default problems, a line each, on the console */
  readonly telemetry?: Telemetry
}

/** What work on a stored task needs of its handler. */
export type WorkingEndpoint = Omit<Endpoint, 'accept'>

/** The options of a handler, checked and prepared once. */
export interface Endpoint {
  readonly name: string
  readonly provider: Provider
  readonly acknowledge: AcknowledgeMode
  /** Into the inbox, if there is one. */
  readonly accept: AcceptTask | undefined
  /** POST for events, and what the challenges need. */
  readonly methods: readonly string[]
  /** Header fields that must not be repeated. */
  readonly singleHeaders: readonly string[]
  readonly unsignedChallenges: readonly Challenge[]
  readonly signedChallenges: readonly Challenge[]
  readonly maxBodyBytes: number
  readonly admission: MemoryAdmission | undefined
  readonly publicUrl: PublicUrl | undefined
  readonly clock: () => number
  readonly telemetry: Telemetry | undefined
  budgetMs(host: HostContext | undefined): number
  /** The tasks of an event: one, or one for each of its named effects. */
  tasksOf(event: DeliveredEvent): readonly Task[]
  findEffect(task: Pick<Task, 'event' | 'effect'>): Effect<WebhookEvent> | undefined
  findSchema(event: DeliveredEvent): StandardSchema | undefined
}

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function createEndpoint<Events extends EventMap>(
  options: WebhookHandlerOptions<Events>,
): Endpoint {
  const provider = options.provider as unknown as Provider
  if (typeof provider?.verify?.open !== 'function') {
    throw configurationError('ERR_OPTION_INVALID', 'There is no provider, as github({ secret })')
  }
  const challenges = provider.challenges ?? []
  const maxBodyBytes = options.limits?.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  if (!(Number.isSafeInteger(maxBodyBytes) && maxBodyBytes > 0)) {
    throw configurationError('ERR_OPTION_INVALID', 'limits.maxBodyBytes is a whole number from 1')
  }

  const clock = options.clock ?? Date.now
  if (!Number.isFinite(clock())) {
    throw configurationError('ERR_OPTION_INVALID', 'clock returns milliseconds since 1970')
  }

  const { inbox, acknowledge = inbox ? 'auto' : 'processed' } = options
  if (
    !/^(processed|stored|auto)$/.test(acknowledge) ||
    // An engine that was not called is a function, and those have a "bind" too.
    (inbox === undefined
      ? acknowledge !== 'processed'
      : typeof inbox?.open !== 'function' || typeof inbox.bind !== 'function')
  ) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      "acknowledge is processed, or with an inbox, as sqlite('inbox.db'), stored or auto",
    )
  }

  const endpoint: WorkingEndpoint = {
    name: options.name ?? provider.name,
    provider,
    acknowledge,
    methods: [...new Set(['POST', ...challenges.map(({ method }) => method)])],
    singleHeaders: [
      'host',
      'content-type',
      'content-length',
      'content-encoding',
      ...provider.verify.headers,
      // Of a field that came twice, its values joined would be a type or an id of their own.
      ...Object.values(provider.event ?? {}).flatMap((extract) => extract?.headers ?? []),
    ],
    unsignedChallenges: challenges.filter(({ signed }) => !signed),
    // One that need not be signed is answered all the same if it is.
    signedChallenges: challenges.filter(({ signed, inBody }) => signed || inBody),
    maxBodyBytes,
    admission: inbox || options.dedupe === false ? undefined : new MemoryAdmission(options.dedupe),
    publicUrl: options.publicUrl === undefined ? undefined : compilePublicUrl(options.publicUrl),
    clock,
    telemetry: options.telemetry,
    budgetMs: (host) =>
      budgetMs(provider.acknowledge?.deadlineSeconds, host?.platformTimeoutSeconds),
    ...compileEffects(options.on),
    findSchema: compileSchemas(provider),
  }
  return { ...endpoint, accept: inbox?.bind(endpoint) }
}

type Listed = Effect<WebhookEvent> | NamedEffects<WebhookEvent>

function compileEffects(
  on: Effects<Record<string, unknown>>,
): Pick<Endpoint, 'tasksOf' | 'findEffect'> {
  const find = compileTypes(on)
  const fansOut = Object.values(on ?? {}).some((listed) => typeof listed === 'object')

  return {
    tasksOf(event) {
      const { key } = event
      const listed = fansOut ? find(event) : undefined // a duplicate's payload is not even parsed
      if (typeof listed !== 'object') return [{ event, key }]
      return Object.keys(listed).map((effect) => ({ event, effect, key: `${key}#${effect}` }))
    },
    findEffect({ event, effect }) {
      const listed = find(event)
      if (typeof listed === 'object') return listed[effect!]
      return effect === undefined ? listed : undefined
    },
  }
}

/** Looks a type up: `type.subtype`, then `type`, then `*`. Reads only what the listed types need. */
function compileTypes(
  on: Effects<Record<string, unknown>>,
): (event: DeliveredEvent) => Listed | undefined {
  const effects = new Map<string, Listed>()
  for (const [type, listed] of Object.entries(on ?? {})) {
    if (listed === undefined) continue
    const functions =
      typeof listed === 'object' && listed !== null ? Object.values(listed) : [listed]
    if (functions.length === 0 || functions.some((effect) => typeof effect !== 'function')) {
      throw configurationError('ERR_OPTION_INVALID', `on["${type}"] is not a function`)
    }
    effects.set(type, listed)
  }
  const fallback = effects.get('*')
  effects.delete('*')
  const refined = new Set(
    [...effects.keys()].map((type) => type.slice(0, Math.max(0, type.lastIndexOf('.')))),
  )

  return (event) => {
    if (effects.size === 0) return fallback
    const { type } = event
    const fine = refined.has(type) ? effects.get(`${type}.${event.subtype}`) : undefined
    return fine ?? effects.get(type) ?? fallback
  }
}

function compileSchemas({ schemas }: Provider): Endpoint['findSchema'] {
  if (!schemas) return () => undefined
  const byType = new Map(Object.entries(schemas))
  return (event) => byType.get(event.type)
}

function compilePublicUrl(publicUrl: string): PublicUrl {
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'publicUrl is an http(s) URL without query or fragment',
    )
  }
  if (url.pathname === '/') {
    const origin = publicUrl.replace(/\/$/, '')
    return (_origin, target) => origin + target
  }
  return (_origin, target) => {
    const at = target.indexOf('?')
    return at < 0 ? publicUrl : publicUrl + target.slice(at)
  }
}
