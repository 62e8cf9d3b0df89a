/** Deliveries by a timetable, whatever becomes of those before. */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { githubHeaders, PATH, pushEvent } from './deliveries.ts'
import { residentMib } from './process-usage.ts'
import { startServer } from './server-process.ts'

export interface Timetable {
  /** At a tenth of the rate, before the overload. */
  readonly idleSeconds: number
  readonly overloadSeconds: number
  readonly perSecond: number
}

export interface Overload {
  /** Of what was acknowledged, from the time at which it was to be sent. */
  readonly latenciesMs: readonly number[]
  readonly unanswered: number
  readonly grownMib: number
  readonly acknowledged: number
  /** What the store can take in the time: a fifth of what it is offered. */
  readonly capacity: number
}

/** As long as a sender waits at most. */
const PATIENCE_MS = 10_000

export async function measureOverload(file: string, timetable: Timetable): Promise<Overload> {
  const { idleSeconds, overloadSeconds, perSecond } = timetable
  const server = await startServer(file)
  try {
    await deliver(server.port, perSecond / 10, idleSeconds)
    const before = residentMib(server.pid)
    const answers = await deliver(server.port, perSecond, overloadSeconds)
    const acknowledged = answers.filter(({ status }) => status === 200)
    const unclear = answers.filter(
      ({ status, retryAfter }) => status !== 200 && !(status === 503 && retryAfter),
    )
    return {
      latenciesMs: acknowledged.map(({ ms }) => ms),
      unanswered: unclear.length,
      grownMib: residentMib(server.pid) - before,
      acknowledged: acknowledged.length,
      capacity: (perSecond / 5) * overloadSeconds,
    }
  } finally {
    await server.stop()
  }
}

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
