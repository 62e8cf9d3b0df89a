import type { Attempt, InboxRecord, Run, Verdict, Worker, WorkOptions } from '../../inbox/engine.ts'
import { StoreLog } from '../../inbox/store-log.ts'

/** A record that was given to this process until its lease ends. */
export interface Claim {
  readonly record: InboxRecord
  readonly attempt: Attempt
}

/** A store that work is pulled from. */
export interface PullSource<Claimed extends Claim> {
  /** For messages. */
  readonly name: string
  claim(limit: number, leaseMs: number): Promise<readonly Claimed[]>
  /** Writes the verdict, unless the work has been taken away. */
  settle(claim: Claimed, verdict: Verdict): Promise<void>
  /** Milliseconds until something may be due; `undefined` if nothing waits. */
  untilDue(): number | undefined
}

/** How often to look for what other processes have stored. */
const POLL_MS = 500
/** The wait after the store has failed. */
const FAILURE_PAUSE_MS = 250

/** Keeps as many records in work as are wanted, and looks for more when one is done, put, or due. */
export class PullLoop<Claimed extends Claim> implements Worker {
  readonly #source: PullSource<Claimed>
  readonly #run: Run
  readonly #options: WorkOptions
  readonly #log: StoreLog
  readonly #active = new Set<Promise<void>>()
  /** What is in work, by its key, as it was claimed last. */
  readonly #held = new Map<string, Claimed>()
  #wake: () => void = () => undefined
  #woken = false
  #stopping = false
  readonly #looping: Promise<void>

  constructor(source: PullSource<Claimed>, run: Run, options: WorkOptions) {
    this.#source = source
    this.#run = run
    this.#options = options
    this.#log = new StoreLog(source.name)
    this.#looping = this.#loop()
  }

  /** Something may be there. */
  wake(): void {
    this.#woken = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#looping
    await Promise.all(this.#active)
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false
      const free = this.#options.concurrency - this.#active.size
      const pauseMs = free > 0 ? await this.#take(free) : POLL_MS
      if (pauseMs > 0) await this.#pause(pauseMs)
    }
  }

  /** Milliseconds to wait before looking again. */
  async #take(limit: number): Promise<number> {
    try {
      const claims = await this.#source.claim(limit, this.#options.leaseMs)
      this.#log.hasWork()
      for (const claim of claims) this.#begin(claim)
      if (claims.length === limit) return 0
      return Math.max(1, Math.min(POLL_MS, this.#source.untilDue() ?? POLL_MS))
    } catch (error) {
      this.#log.noWork(error)
      return FAILURE_PAUSE_MS // full, locked or gone: the work goes on after it
    }
  }

  #begin(claim: Claimed): void {
    const { key } = claim.record
    const isHeld = this.#held.has(key)
    this.#held.set(key, claim)
    // Its lease ended because this process was frozen or locked out: it goes on, under the new one.
    if (isHeld) return
    const working = this.#attend(claim).finally(() => {
      this.#held.delete(key)
      this.#active.delete(working)
      this.wake()
    })
    this.#active.add(working)
  }

  async #attend({ record, attempt }: Claimed): Promise<void> {
    const extend = async (ms: number) => {
      let isHeld = false
      await this.#underLast(record.key, async (held) => {
        isHeld = (await held.attempt.extend?.(ms)) ?? true
      })
      return isHeld
    }
    const verdict = await this.#run(record, { ...attempt, ...(attempt.extend && { extend }) })
    for (let failures = 1; ;) {
      try {
        await this.#underLast(record.key, (held) => this.#source.settle(held, verdict))
        return this.#log.hasVerdict(attempt)
      } catch (error) {
        this.#log.noVerdict(attempt, error)
        // Done but not marked so: it is tried for as long as this lives, for else it would be done again.
        if (this.#stopping && failures++ === 20) return
        await new Promise((resolve) => setTimeout(resolve, FAILURE_PAUSE_MS))
      }
    }
  }

  /** Does it once more if the record was claimed anew meanwhile: what was done was then for nothing. */
  async #underLast(key: string, act: (held: Claimed) => Promise<void> | undefined): Promise<void> {
    for (;;) {
      const held = this.#held.get(key)
      if (!held) return
      try {
        await act(held)
        if (this.#held.get(key) === held) return
      } catch (error) {
        if (this.#held.get(key) === held) throw error
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#woken) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
