/** What the stand-ins for Google's queues share: an API that can fail in all ways, and who calls and is called. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import type { Engine, KeyClaim, KeyStore, Run, Worker } from 'webhook-target/inbox'
import { createConsumer } from '../../src/inbox/consumer.ts'
import { bearer, CLAIMS } from '../providers/google-keys.ts'
import type { PemPair } from '../providers/keys.ts'
import { silent } from '../support/reports.ts'

export const TOKEN = 'an access token of a test'

/** How the next call of an API goes wrong. */
export type Fault =
  /** No answer, ever. */
  | 'hang'
  /** The connection breaks before anything happens. */
  | 'cut'
  /** It is done, and the connection breaks before the answer. */
  | 'cut-after'
  | Answer

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** As Google's APIs say it. */
export const apiError = (code: number, status: string, message = status): Answer => ({
  status: code,
  body: { error: { code, message, status } },
})

export interface ApiCall {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface FakeApi {
  readonly url: string
  readonly calls: ApiCall[]
  /** What happens to the next calls, one each. */
  readonly faults: Fault[]
  close(): Promise<void>
}

/** An API on a free port of loopback, which takes JSON by POST from whoever has the token. */
async function startApi(answer: (call: ApiCall) => Answer): Promise<FakeApi> {
  const calls: ApiCall[] = []
  const faults: Fault[] = []

  async function attend(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { url: path = '', headers } = request
    const call = { path, headers, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }
    calls.push(call)
    const fault = faults.shift()
    if (fault === 'hang') return
    if (fault === 'cut') return void request.socket.destroy()
    const { status, body, headers: extra } = typeof fault === 'object' ? fault : checked(call)
    if (fault === 'cut-after') return void request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...extra })
    response.end(JSON.stringify(body))
  }
  function checked(call: ApiCall): Answer {
    const authorized = call.headers.authorization === `Bearer ${TOKEN}`
    return authorized ? answer(call) : apiError(401, 'UNAUTHENTICATED')
  }
  const server = createServer((request, response) => {
    void attend(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A port on which nothing listens. */
export async function deadUrl(): Promise<string> {
  const api = await startApi(() => apiError(500, 'INTERNAL'))
  await api.close()
  return api.url
}

/** The identity token of a call, good now. */
export function identity(claims: object = {}, pair?: PemPair): string {
  const now = Math.floor(Date.now() / 1000)
  return bearer({ ...CLAIMS, iat: now, exp: now + 3600, ...claims }, pair)
}

export interface Target {
  callTo(url: string | undefined): Promise<void>
}

/** What waits for its call. */
export interface Waiting {
  due: number
  busy: boolean
}

export interface QueueBehaviour<Entry extends Waiting> {
  /** Takes what is stored. */
  readonly answer: (call: ApiCall) => Answer
  /** What is not over, oldest first. */
  readonly living: () => readonly Entry[]
  /** Whether another has to be over before. */
  readonly isBehind?: (entry: Entry) => boolean
  readonly call: (entry: Entry, url: string) => Promise<Response>
  /** Whether the entry is over, for this status, which is 0 without one; else it comes again. */
  readonly settle: (entry: Entry, status: number) => boolean
}

export interface FakeQueue extends FakeApi, Target {
  /** The answers to the calls. */
  readonly answers: number[]
  /** How many are not over yet. */
  readonly waiting: () => number
}

const AGAIN_MS = 20
const AT_ONCE = 8

/** An API that stores, and calls with what it has stored. */
export async function startQueue<Entry extends Waiting>({
  answer,
  living,
  isBehind = () => false,
  call,
  settle,
}: QueueBehaviour<Entry>): Promise<FakeQueue> {
  const answers: number[] = []
  const active = new Set<Promise<void>>()
  let target: string | undefined

  function pump(): void {
    for (const entry of living()) {
      if (target === undefined || active.size >= AT_ONCE) return
      if (entry.busy || entry.due > performance.now() || isBehind(entry)) continue
      entry.busy = true
      const calling = attend(entry, target).finally(() => {
        active.delete(calling)
        pump()
      })
      active.add(calling)
    }
  }
  async function attend(entry: Entry, url: string): Promise<void> {
    const status = await call(entry, url).then(
      (response) => response.status,
      () => 0,
    )
    answers.push(status)
    entry.busy = false
    if (!settle(entry, status)) entry.due = performance.now() + AGAIN_MS
  }

  const api = await startApi(answer)
  const ticking = setInterval(pump, 5)
  return {
    ...api,
    answers,
    waiting: () => living().length,
    async callTo(url) {
      target = url
      pump()
      // One that stops has its answers taken first.
      if (url === undefined) await Promise.all(active)
    },
    async close() {
      clearInterval(ticking)
      await api.close()
    },
  }
}

/** The process that a queue calls. */
export async function startConsumer(target: Target, consumer: WebhookHandler): Promise<Worker> {
  const quiet: WebhookHandler = Object.assign(consumer.bind(undefined), consumer, {
    receive: ((parts, host) =>
      consumer.receive(parts, { ...host, telemetry: silent })) satisfies WebhookHandler['receive'],
  })
  const server = await serve(quiet, { port: 0, host: '127.0.0.1', signals: false })
  await target.callTo(server.url)
  return {
    async stop() {
      await target.callTo(undefined)
      await server.close()
    },
  }
}

/** The `work` of a conformance subject: an HTTP server with the consumer. */
export const startWork = (target: Target, engine: Engine, run: Run): Promise<Worker> =>
  startConsumer(
    target,
    createConsumer(engine, run, () => engine.open()),
  )

/** A store of keys in this process, and what it was asked. */
export function memoryKeys() {
  const entries = new Map<string, KeyEntry>()
  const asked: (keyof KeyStore)[] = []
  const heldBy = ({ key, fence }: KeyClaim) => {
    const entry = entries.get(key)
    return entry?.fence === fence ? entry : undefined
  }
  const keys: KeyStore = {
    async claim(key, { leaseMs }) {
      asked.push('claim')
      const entry = entries.get(key) ?? { attempt: 0, until: 0 }
      if (entry.done) return 'done'
      if (entry.until > performance.now()) return 'busy'
      const { givenUp } = entry
      const fence = crypto.randomUUID()
      const attempt = entry.attempt + 1
      entries.set(key, { ...entry, attempt, fence, until: performance.now() + leaseMs })
      return { key, fence, attempt, ...(givenUp !== undefined && { givenUp }) }
    },
    async extend(claim, leaseMs) {
      asked.push('extend')
      const entry = heldBy(claim)
      if (entry) entry.until = performance.now() + leaseMs
      return entry !== undefined
    },
    async done(claim) {
      asked.push('done')
      if (heldBy(claim)) entries.set(claim.key, { attempt: 0, until: 0, done: true })
    },
    async release(claim, { givenUp }) {
      asked.push('release')
      const { attempt } = claim
      if (heldBy(claim)) entries.set(claim.key, { attempt, until: 0, givenUp })
    },
    async forget(key) {
      asked.push('forget')
      entries.delete(key)
    },
  }
  return { keys, asked }
}

interface KeyEntry {
  attempt: number
  until: number
  fence?: string
  givenUp?: string | undefined
  done?: true
}

export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Never: ${String(condition)}`)
    await sleep(5)
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
