/** Deliveries by a timetable, whatever becomes of those before. */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { githubHeaders, PATH, pushEvent } from './deliveries.ts'
import { applyLoad } from './load.ts'
import { residentMib } from './process-usage.ts'
import { startServer } from './server-process.ts'
import { median } from './statistics.ts'

export interface Timetable {
  /** At a tenth of the rate, before the overload. */
  readonly idleSeconds: number
  readonly overloadSeconds: number
  readonly perSecond: number
}

/** All latencies count from the time at which a delivery was to be sent. */
export interface Overload {
  readonly acknowledgedMs: readonly number[]
  readonly refusedMs: readonly number[]
  /** At a tenth of the rate: before, and from five seconds after the overload. */
  readonly idleMs: readonly number[]
  readonly afterwardsMs: readonly number[]
  /** Neither acknowledged nor told when to come again. */
  readonly unanswered: number
  readonly grownMib: number
  /** What the store took in as much time when it was never idle, and not offered more than it could take. */
  readonly capacity: number
}

/** After which nothing may be left of the overload. */
const RECOVERY_MS = 5000
/** As long as a sender waits at most. */
const PATIENCE_MS = 10_000

export async function measureOverload(file: string, timetable: Timetable): Promise<Overload> {
  const { idleSeconds, overloadSeconds, perSecond } = timetable
  const server = await startServer(file)
  try {
    const idle = await deliver(server.port, perSecond / 10, idleSeconds)
    const capacity = (await capacityPerSecond(server.port)) * overloadSeconds
    const before = residentMib(server.pid)
    const answers = await deliver(server.port, perSecond, overloadSeconds)
    const grownMib = residentMib(server.pid) - before
    await pause(RECOVERY_MS)
    const afterwards = await deliver(server.port, perSecond / 10, idleSeconds)
    const acknowledgedMs = latencies(answers, isAcknowledged)
    const refusedMs = latencies(answers, isRefused)
    return {
      acknowledgedMs,
      refusedMs,
      idleMs: latencies(idle, isAcknowledged),
      afterwardsMs: latencies(afterwards, isAcknowledged),
      unanswered: answers.length - acknowledgedMs.length - refusedMs.length,
      grownMib,
      capacity,
    }
  } finally {
    await server.stop()
  }
}

/** By senders that wait for their answers, fewer than would have to wait too long. */
async function capacityPerSecond(port: number): Promise<number> {
  const seconds = []
  for (let i = 0; i < 5; i++) {
    seconds.push(await applyLoad(port, { body: pushEvent(1024), uniqueIds: true }))
    await pause(1000) // what the load has left behind is stored meanwhile
  }
  return median(seconds)
}

const isAcknowledged = ({ status }: Answer) => status === 200
const isRefused = ({ status, retryAfter }: Answer) => status === 503 && retryAfter !== undefined
const latencies = (answers: readonly Answer[], which: (answer: Answer) => boolean) =>
  answers.filter(which).map(({ ms }) => ms)

interface Answer {
  /** 0 if there was none. */
  readonly status: number
  readonly retryAfter: string | undefined
  readonly ms: number
}

async function deliver(
  port: number,
  perSecond: number,
  seconds: number,
): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const body = pushEvent(1024)
  const answers: Promise<Answer>[] = []
  const began = performance.now()
  for (let index = 0; index < perSecond * seconds; index++) {
    const intended = began + (index * 1000) / perSecond
    const ahead = intended - performance.now()
    if (ahead > 1) await pause(ahead)
    answers.push(send({ port, agent, body, intended }))
  }
  const settled = await Promise.all(answers)
  agent.destroy()
  return settled
}

interface Send {
  readonly port: number
  readonly agent: Agent
  readonly body: Buffer
  readonly intended: number
}

function send({ port, agent, body, intended }: Send): Promise<Answer> {
  const headers = { ...githubHeaders(body), 'X-GitHub-Delivery': crypto.randomUUID() }
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, retryAfter: undefined, ms: Infinity })
    const options = {
      host: '127.0.0.1',
      port,
      agent,
      path: PATH,
      method: 'POST',
      headers,
      timeout: PATIENCE_MS,
    }
    const sending = request(options, (response) => {
      response.resume()
      const retryAfter = response.headers['retry-after']
      const ms = performance.now() - intended
      response.on('end', () => resolve({ status: response.statusCode ?? 0, retryAfter, ms }))
    })
    sending.on('timeout', () => sending.destroy())
    sending.on('error', none)
    sending.end(body)
  })
}
