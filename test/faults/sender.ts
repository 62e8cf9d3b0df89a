/**
 * A sender as providers are: it delivers by its own timetable whatever the answers, delivers again what was not
 * answered 2xx in time, and now and then what was. Keeps the ledgers that a run is judged by.
 */
import { fromGitHub } from '../support/senders.ts'
import type { Sent } from '../support/doors.ts'
import { createAgent, PATIENCE_MS, send, type Answered } from './client.ts'
import type { Random } from './random.ts'
import type { Order } from './receiver-config.ts'
import { machineNow, pause } from './waiting.ts'

export interface SenderOptions {
  readonly perSecond: number
  readonly random: Random
  /** The ports of the receivers, of which each attempt takes one. */
  readonly ports: () => readonly number[]
  /** Before the ids, where several senders share a sink. */
  readonly prefix?: string
  /** How long it waits for an answer. @default as long as the provider does */
  readonly patienceMs?: number
}

const DUPLICATES = 0.1
const FORGERIES = 0.02
const FAILURES = 0.04
const SLOW = 0.05
/** A delivery is given up at last, so that no run hangs. */
const MAX_TRIES = 100

export class Sender {
  /** Genuine deliveries by their ids, and how many times each was sent. */
  readonly sent = new Map<string, number>()
  readonly acked = new Set<string>()
  /** Ids that only forged deliveries have. */
  readonly forged = new Set<string>()
  /** Answers to genuine deliveries that break the contract: no 2xx, and neither a 5xx nor a 429 with Retry-After. */
  readonly wrongAnswers: string[] = []
  /** Forged deliveries that were answered 2xx. */
  readonly taken: string[] = []
  /** How often there was which answer. */
  readonly answers = new Map<string, number>()
  /** Milliseconds that acknowledgements took. */
  readonly latencies: number[] = []
  /** Deliveries sent once more, though acknowledged or under way. */
  duplicates = 0
  readonly #options: SenderOptions
  readonly #agent = createAgent()
  readonly #pending = new Set<Promise<void>>()
  #count = 0
  #stopped = false

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Sends for as long, by the clock: what is late is sent at once, and nothing waits for an answer. */
  async run(seconds: number): Promise<void> {
    const { perSecond, random } = this.#options
    const began = machineNow()
    const total = Math.round(seconds * perSecond)
    for (let number = 0; number < total && !this.#stopped; number++) {
      const early = began + (number * 1000) / perSecond - machineNow()
      if (early > 0) await pause(early)
      if (random.chance(FORGERIES)) this.#track(this.#forge())
      this.#track(this.deliver(this.#nextOrder()))
    }
  }

  /** Until all has been acknowledged, or given up. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
    this.#agent.destroy()
  }

  /** Gives up what is not acknowledged. */
  stop(): void {
    this.#stopped = true
  }

  /** Sends a delivery until it is acknowledged, and maybe once more. */
  async deliver(order: Order = {}): Promise<string> {
    const { random, prefix = 'd' } = this.#options
    const id = `${prefix}-${++this.#count}`
    const delivery = fromGitHub({ id, body: JSON.stringify(order) })
    const again = random.chance(DUPLICATES) ? random.between(0, 800) : undefined
    const other =
      again === undefined ? undefined : pause(again).then(() => this.#untilAcked(id, delivery))
    if (other) this.duplicates++
    await Promise.all([this.#untilAcked(id, delivery), other])
    return id
  }

  /** Sends one delivery as many times at once. */
  async burst(times: number): Promise<void> {
    const { prefix = 'd' } = this.#options
    const id = `${prefix}-${++this.#count}`
    const delivery = fromGitHub({ id, body: '{}' })
    this.duplicates += times - 1
    const sending = Array.from({ length: times }, () => this.#untilAcked(id, delivery))
    this.#track(Promise.all(sending))
    await Promise.all(sending)
  }

  #nextOrder(): Order {
    const { random } = this.#options
    const ms = random.chance(SLOW) ? random.between(100, 400) : random.between(0, 10)
    return random.chance(FAILURES) ? { do: 'fail-once', ms } : { ms }
  }

  async #untilAcked(id: string, delivery: Sent): Promise<void> {
    const { random, ports, patienceMs = PATIENCE_MS } = this.#options
    for (let attempt = 1; attempt <= MAX_TRIES && !this.#stopped; attempt++) {
      this.sent.set(id, (this.sent.get(id) ?? 0) + 1)
      const answer = await send(random.pick(ports()), delivery, this.#agent, patienceMs)
      this.#tally(answer)
      if (answer.status >= 200 && answer.status < 300) {
        this.acked.add(id)
        this.latencies.push(answer.ms)
        return
      }
      this.#judge(id, answer)
      await pause(random.between(50, Math.min(2000, 100 * 2 ** attempt)))
    }
  }

  /** Under an id of its own, or under one that is sent a moment later. */
  async #forge(): Promise<void> {
    const { random, ports, prefix = 'd' } = this.#options
    const own = random.chance(0.5)
    const id = own ? `forged-${prefix}-${this.#count}` : `${prefix}-${this.#count + 1}`
    if (own) this.forged.add(id)
    const answer = await send(
      random.pick(ports()),
      fromGitHub({ id, secret: 'guessed' }),
      this.#agent,
    )
    if (answer.status >= 200 && answer.status < 300) this.taken.push(id)
  }

  /** What is ours to answer for must be told apart from what the sender did wrong, and say when to come again. */
  #judge(id: string, { status, retryAfter }: Answered): void {
    if (status === 0) return
    if ((status >= 500 || status === 429) && retryAfter !== undefined) return
    this.wrongAnswers.push(`${id}: ${status}, Retry-After ${retryAfter ?? 'missing'}`)
  }

  #tally({ status, error }: Answered): void {
    const answer = error ?? String(status)
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1)
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => void this.#pending.delete(tracked),
      () => void this.#pending.delete(tracked),
    )
    this.#pending.add(tracked)
  }
}
