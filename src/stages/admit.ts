import { isWebhookError } from '../errors.ts'
import { isPromise } from '../lib/awaitable.ts'
import { positive } from '../lib/options.ts'
import type { Outcome, Result } from '../outcomes.ts'
import type { Awaitable } from '../types.ts'

export interface MemoryAdmissionOptions {
  /** Seconds for which a finished event is remembered. @default 86400, a day */
  readonly windowSeconds?: number
  /** Events remembered at most; past that the oldest finished ones are forgotten. @default 10000 */
  readonly maxEntries?: number
  /**
   * Seconds after which an event still in work counts as lost and may be worked on again: an effect that
   * never settles, or one whose runtime was torn down, must not block it for good.
   *
   * @default 600
   */
  readonly inWorkSeconds?: number
}

/** An event in work, or what became of it, and until when that counts. */
interface Entry {
  readonly result: Promise<Result> | Outcome
  readonly expiresAt: number
}

/**
 * Remembers events so that a duplicate is answered without being worked on again. Looking an event up
 * and entering it happen in one turn of the event loop, so any number of parallel duplicates is worked on
 * once. It is memory and nothing more: another process or a restart knows nothing of it.
 */
export class MemoryAdmission {
  readonly #entries = new Map<string, Entry>()
  /** The finished ones, oldest first, from `#oldest` on. Walking the map would pass all it has deleted. */
  #finished: (readonly [key: string, entry: Entry])[] = []
  #oldest = 0
  readonly #windowMs: number
  readonly #inWorkMs: number
  readonly #maxEntries: number
  readonly #now: () => number

  /** @throws {TypeError} `ERR_OPTION_INVALID` */
  constructor(options: MemoryAdmissionOptions = {}, now: () => number = () => performance.now()) {
    const { windowSeconds, inWorkSeconds, maxEntries } = options
    this.#windowMs = positive('dedupe.windowSeconds', windowSeconds, 86_400) * 1000
    this.#inWorkMs = positive('dedupe.inWorkSeconds', inWorkSeconds, 600) * 1000
    this.#maxEntries = positive('dedupe.maxEntries', maxEntries, 10_000)
    this.#now = now
  }

  /** What became of an event that was entered before, or will: `undefined` for a new one. */
  find(key: string): Promise<Result> | Outcome | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.expiresAt > this.#now() ? entry.result : undefined
  }

  /** Enters a new event with its work. One that fails is forgotten, so that it can be delivered again. */
  enter(key: string, work: Awaitable<Result>): void {
    if (!isPromise(work)) return this.#finish(key, work)
    const entry = { result: work, expiresAt: this.#now() + this.#inWorkMs }
    this.#entries.set(key, entry)
    void work.then((result) => {
      // Another attempt may have taken its place by now.
      if (this.#entries.get(key) === entry) this.#finish(key, result)
    })
  }

  #finish(key: string, result: Result): void {
    if (isWebhookError(result) || result.kind === 'retry') {
      this.#entries.delete(key)
      return
    }
    const now = this.#now()
    const entry = { result, expiresAt: now + this.#windowMs }
    this.#entries.set(key, entry)
    this.#finished.push([key, entry])
    this.#forget(now)
  }

  #forget(now: number): void {
    for (;;) {
      const [key, entry] = this.#finished[this.#oldest]!
      if (entry.expiresAt > now && this.#entries.size <= this.#maxEntries) break
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      if (++this.#oldest === this.#finished.length) break
    }
    if (this.#oldest * 2 < this.#finished.length) return
    this.#finished = this.#finished.slice(this.#oldest)
    this.#oldest = 0
  }
}
