import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'

/** Silence, while connections are open, after which their senders are taken to have heard. */
const QUIET_MS = 50
/** The time that senders who never fall silent are given at most. */
const MAX_TELLING_MS = 1000
/** Connections whose last answer promised to stay open are closed this often. */
const SWEEP_MS = 100

/**
 * Stops a server without cutting anyone off. `server.close()` alone leaves the connections of answers in
 * flight open for their keep-alive time; here each closes as soon as its answer is out.
 */
export class Drain {
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  #closed: Promise<boolean> | undefined

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#connections.add(socket)
      socket.on('close', () => this.#connections.delete(socket))
    })
  }

  get draining(): boolean {
    return this.#closed !== undefined
  }

  /** To be called before the head of an answer is written, so that the last on a connection says so. */
  beforeHead(response: ServerResponse): void {
    if (this.draining) response.shouldKeepAlive = false
  }

  /**
   * Refuses new deliveries, lets what is in flight finish, and cuts the rest off after `graceMs`; false if
   * there was such a rest.
   */
  close(graceMs: number): Promise<boolean> {
    return (this.#closed ??= stop(this.#server, this.#connections, graceMs))
  }
}

async function stop(
  server: Server,
  connections: ReadonlySet<Socket>,
  graceMs: number,
): Promise<boolean> {
  let whole = true
  const limit = setTimeout(() => {
    whole = false
    server.closeAllConnections()
  }, graceMs)
  await untilQuiet(server, graceMs)
  const sweep = setInterval(() => {
    server.closeIdleConnections()
    // Those that have never sent anything don't count as idle: node:http waits for their first request.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
  }, SWEEP_MS)
  await new Promise((resolve) => server.close(resolve))
  clearTimeout(limit)
  clearInterval(sweep)
  return whole
}

const ARRIVALS = ['connection', 'request', 'checkContinue'] as const

/**
 * Closing resets what has reached this machine but was not read yet: requests on idle connections, and
 * connections not yet accepted. So senders in full flow are first given time to be told `Connection: close`
 * with their answers, and then a turn of the event loop that brings nothing is the moment to close.
 */
async function untilQuiet(server: Server, graceMs: number): Promise<void> {
  const telling = performance.now() + Math.min(graceMs / 2, MAX_TELLING_MS)
  const giveUp = performance.now() + graceMs / 2
  let arrived = true // the turn that is running has brought the signal, and maybe more
  const notice = () => {
    arrived = true
  }
  const repeat = async (step: () => Promise<unknown>, until: number) => {
    while (arrived && performance.now() < until) {
      arrived = false
      await step()
    }
  }
  for (const event of ARRIVALS) server.on(event, notice)
  await repeat(() => nextTurn(), telling)
  if (await hasConnections(server)) {
    arrived = true
    await repeat(() => pause(QUIET_MS), telling)
    arrived = true
    await repeat(() => nextTurn(), giveUp)
  }
  for (const event of ARRIVALS) server.off(event, notice)
}

function hasConnections(server: Server): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count > 0)))
}
