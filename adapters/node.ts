import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { configurationError, isWebhookError, type WebhookError } from '../src/errors.ts'
import { after, isPromise } from '../src/lib/awaitable.ts'
import { notNegative, positive } from '../src/lib/options.ts'
import { timerMs } from '../src/lib/timer-options.ts'
import { notFound } from '../src/mount.ts'
import type { Awaitable, HostContext, ReplyParts, WebhookHandler } from '../src/types.ts'
import { Drain } from './lib/drain.ts'
import { runFetchHandler, writeResponse, type FetchHandler } from './lib/fetch-handler.ts'
import { Gate, RETRY_AFTER_SECONDS } from './lib/gate.ts'
import { HostedInboxes } from './lib/hosted-inboxes.ts'
import { listen, portOf, refuseUnreadable } from './lib/listen.ts'
import { hostTelemetry } from './lib/node-log.ts'
import { NodeHeaders, NodeParts, writeReply, type Surroundings } from './lib/node-parts.ts'
import { platformTimeout } from './lib/platform.ts'
import { isWellFormed } from './lib/request-guard.ts'
import { defaultRoom, Room } from './lib/room.ts'
import { ShedLog } from './lib/shed-log.ts'
import { onSignals } from './lib/signals.ts'
import { createReadForwarded } from './lib/trusted-proxy.ts'

export interface ServeOptions {
  /** @default the environment variable PORT, else 8080; 0 takes a free one */
  readonly port?: number
  /** @default 0.0.0.0, as containers need it */
  readonly host?: string
  /**
   * Seconds that deliveries in flight get after SIGTERM. Stay below the platform's grace period: Cloud Run
   * kills after 10 s, Kubernetes after 30 s unless told otherwise.
   *
   * @default 8
   */
  readonly drainSeconds?: number
  /**
   * GET and HEAD are answered 200, while draining 503, before anything else is looked at. `false` switches it off.
   *
   * @default /health
   */
  readonly healthPath?: string | false
  /**
   * Seconds after which the platform gives up on a request: `timeoutSeconds` of the Knative service.
   *
   * @default WEBHOOK_PLATFORM_TIMEOUT_SECONDS or CLOUD_RUN_TIMEOUT_SECONDS, else unlimited
   */
  readonly platformTimeoutSeconds?: number
  /** Deliveries worked on at a time; `containerConcurrency` if that is set. @default 1000 */
  readonly concurrency?: number
  /** Deliveries that wait for a place, for a second at most; more get 503. @default 10 x concurrency */
  readonly maxWaiting?: number
  /**
   * Bytes of bodies that are kept at a time, of all deliveries together, verified or not; more get 503, but one
   * body alone is taken whatever its size. Those that come in one piece, as small ones do, are not counted. Six times
   * as much memory may be in use.
   *
   * @default 1/32 of the memory that the container may use, at most 67108864, 64 MiB
   */
  readonly maxBufferedBytes?: number
  /** Open connections; more are closed at once. @default 10000 */
  readonly maxConnections?: number
  /** Seconds for a request to send its head. @default 10 */
  readonly headersTimeoutSeconds?: number
  /** Seconds for a request to send all of itself. @default 30 */
  readonly requestTimeoutSeconds?: number
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-*` headers are believed.
   *
   * @default none
   */
  readonly trustedProxies?: readonly string[]
  /** Whether SIGTERM and SIGINT drain the server. @default true */
  readonly signals?: boolean
  /**
   * Whether this process works on what is in the inbox of the handler. `false` for one that only receives, beside
   * others that work. On Knative and Cloud Run (`K_SERVICE`) an inbox that pulls its work needs a word: `true` says that
   * CPU is always allocated and that one instance is always there.
   *
   * @default true elsewhere
   */
  readonly work?: boolean
}

export interface RunningServer {
  readonly port: number
  /** Where it can be reached from this machine. */
  readonly url: string
  /** Drains: refuses new deliveries, answers those in flight, and resolves when all connections are closed. */
  close(): Promise<void>
}

/**
 * Not an import: on Node 24 that evaluates every export, one of which (`WebSocket`) loads the fetch
 * implementation, 13 MiB and half of the start-up time.
 */
const { createServer } = process.getBuiltinModule('node:http')

/** Seconds a connection may idle; longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_SECONDS = 65
/** How long a delivery may wait for a place: a third of the shortest deadline there is, 3 s. */
const MAX_WAIT_MS = 1000

const NEXT_TURN = Promise.resolve()

const HEALTHY: ReplyParts = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' }
const MALFORMED: ReplyParts = { status: 400, headers: { connection: 'close' }, body: null }
const FAILED: ReplyParts = { status: 500, headers: {}, body: null }
const BUSY: ReplyParts = {
  status: 503,
  headers: { 'retry-after': String(RETRY_AFTER_SECONDS), connection: 'close' },
  body: null,
}

/** What a Fetch handler does not catch of what reading the body throws. */
const refusal = ({ status, kind }: WebhookError): ReplyParts =>
  kind === 'unavailable' ? { ...BUSY, status } : { status, headers: {}, body: null }

/**
 * Serves a handler over HTTP as Knative, Cloud Run and any other container platform expect it: PORT on all
 * interfaces, a health path, limits against slow and too many clients, and a drain on SIGTERM. Takes any
 * Fetch handler too, with requests that are made lazily: copy one by `clone()`, not by `new Request(request)`.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`, also for a handler mounted at the health path; rejects with the error of `listen`, as `EADDRINUSE`, and if the inbox
 * can't be used
 * @see https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md
 */
export async function serve(
  handler: WebhookHandler | FetchHandler,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { env } = process
  const { healthPath = '/health', signals = true } = options
  if ('paths' in handler && healthPath && handler.paths?.includes(healthPath)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `A handler is mounted at ${healthPath}, where the host answers for its health; set healthPath`,
    )
  }
  const concurrency = positive('concurrency', options.concurrency, 1000)
  const requestMs = timerMs('requestTimeoutSeconds', options.requestTimeoutSeconds, 30)
  const headersMs = timerMs('headersTimeoutSeconds', options.headersTimeoutSeconds, 10)
  const { drainSeconds } = options
  const drainMs = drainSeconds === 0 ? 0 : timerMs('drainSeconds', drainSeconds, 8)
  const gate = new Gate({
    concurrency,
    maxWaiting: notNegative('maxWaiting', options.maxWaiting, 10 * concurrency),
    maxWaitMs: MAX_WAIT_MS,
  })

  const server = createServer({
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
  })
  server.maxConnections = positive('maxConnections', options.maxConnections, 10_000)
  const drain = new Drain(server)
  const shed = new ShedLog(`${concurrency} are worked on and no place became free in time`)

  const host: HostContext = {
    telemetry: hostTelemetry(env),
    ...platformTimeout(options.platformTimeoutSeconds, env),
  }

  const room = new Room(positive('maxBufferedBytes', options.maxBufferedBytes, defaultRoom()))
  const surroundings: Surroundings = {
    room,
    readForwarded: createReadForwarded(options.trustedProxies),
    ...('receive' in handler && { enter }),
    leave: () => gate.leave(),
  }

  /** A delivery sent there would be lost, so it must not look like a success. */
  function health(method = ''): ReplyParts {
    if (method === 'GET' || method === 'HEAD') return HEALTHY
    return notFound(
      `A ${method} came to ${healthPath}, the health path of the host`,
      host.telemetry,
    )
  }

  function answer(message: IncomingMessage, response: ServerResponse, beforeBody?: () => void) {
    if (drain.draining) return writeReply(response, BUSY)
    if (message.url === healthPath) return writeReply(response, health(message.method))
    const headers = new NodeHeaders(message)
    if (!isWellFormed(message, headers)) return writeReply(response, MALFORMED)
    const parts = new NodeParts(message, headers, surroundings, beforeBody && { beforeBody })
    if ('receive' in handler) receive(handler, parts, response)
    else runFetch(handler, parts, response)
  }

  /** It takes a place when the body is there. */
  function receive(
    { receive: handle }: WebhookHandler,
    parts: NodeParts,
    response: ServerResponse,
  ) {
    settle(parts, response, () =>
      after(handle(parts, host), (reply) => {
        drain.beforeHead(response)
        writeReply(response, reply)
      }),
    )
  }

  /** What a Fetch handler does with its request can't be seen, so it takes a place before it starts. */
  function runFetch(fetchHandler: FetchHandler, parts: NodeParts, response: ServerResponse) {
    void after(enter(), (admitted) => {
      if (!admitted) return writeReply(response, BUSY)
      parts.hasPlace = true
      return settle(parts, response, () =>
        runFetchHandler(fetchHandler, parts).then((reply) => {
          drain.beforeHead(response)
          return writeResponse(response, reply)
        }),
      )
    })
  }

  /** Answers in the same turn if the work is done in it. Its place is given back whatever happens. */
  function settle(parts: NodeParts, response: ServerResponse, work: () => Awaitable<void>): void {
    const leave = () => parts.release()
    const fail = (error: unknown) => {
      console.error('The handler threw', error)
      writeReply(response, isWebhookError(error) ? refusal(error) : FAILED)
      leave()
    }
    try {
      const working = work()
      if (isPromise(working)) void working.then(leave, fail)
      else leave()
    } catch (error) {
      fail(error)
    }
  }

  function enter(once?: boolean): Awaitable<boolean> {
    return after(gate.enter(once), (admitted) => {
      if (!admitted) shed.note()
      return admitted
    })
  }

  // A turn later, for a small body is then there, and the whole delivery is worked on without waiting.
  server.on('request', (message, response) => {
    void NEXT_TURN.then(() => answer(message, response))
  })
  // Heads are checked before the body is asked for, so that a refused one is never sent.
  server.on('checkContinue', (message, response) => {
    answer(message, response, () => response.writeContinue())
  })
  server.on('clientError', refuseUnreadable)
  const inboxes = new HostedInboxes('inboxes' in handler ? handler.inboxes : [])
  try {
    await inboxes.start({ host, work: options.work, mayFreeze: env['K_SERVICE'] !== undefined })
    await listen(server, options.port ?? portOf(env), options.host ?? '0.0.0.0')
  } catch (error) {
    await inboxes.close() // or it would go on with the work, and keep the process alive
    throw error
  }

  const stop = () => inboxes.closeAround(() => drain.close(drainMs), drainMs)
  const ignoreSignals = signals ? onSignals(stop, drainMs) : undefined
  const close = async () => {
    await stop().finally(ignoreSignals)
  }
  const { port } = server.address() as AddressInfo
  return { port, url: `http://localhost:${port}`, close }
}
