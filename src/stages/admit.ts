import type { Result } from './work.ts'
import { isWebhookError } from '../errors.ts'
import type { Outcome } from '../outcomes.ts'

export interface MemoryAdmissionOptions {
  /** Seconds for which a finished event is remembered. @default 86400, a day */
  readonly windowSeconds?: number
  /** Events remembered at most; past that the oldest finished ones are forgotten. @default 10000 */
  readonly maxEntries?: number
}

/** An event in work, or what became of it and until when that is remembered. */
type Entry = Promise<Result> | { readonly outcome: Outcome; readonly expiresAt: number }

/**
 * Remembers events so that a duplicate is answered without being worked on again. Looking an event up
 * and entering it happen in one turn of the event loop, so any number of parallel duplicates is worked on
 * once. It is memory and nothing more: another process or a restart knows nothing of it.
 */
export class MemoryAdmission {
  readonly #entries = new Map<string, Entry>()
  readonly #windowMs: number
  readonly #maxEntries: number
  readonly #now: () => number

  constructor(options: MemoryAdmissionOptions = {}, now: () => number = () => performance.now()) {
    this.#windowMs = (options.windowSeconds ?? 86_400) * 1000
    this.#maxEntries = options.maxEntries ?? 10_000
    this.#now = now
  }

  /** What became of an event that was entered before, or will: `undefined` for a new one. */
  find(key: string): Promise<Result> | Outcome | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry instanceof Promise) return entry
    if (entry.expiresAt > this.#now()) return entry.outcome
    this.#entries.delete(key)
    return undefined
  }

  /** Enters a new event with its work. One that fails is forgotten, so that it can be delivered again. */
  enter(key: string, work: Promise<Result> | Result): void {
    this.#makeRoom()
    if (!(work instanceof Promise)) return this.#settle(key, work)
    this.#entries.set(key, work)
    void work.then((result) => this.#settle(key, result))
  }

  #settle(key: string, result: Result): void {
    this.#entries.delete(key) // so that it goes to the end: the map stays in the order of expiry
    if (isWebhookError(result) || result.kind === 'retry') return
    this.#entries.set(key, { outcome: result, expiresAt: this.#now() + this.#windowMs })
  }

  #makeRoom(): void {
    const now = this.#now()
    for (const [key, entry] of this.#entries) {
      if (entry instanceof Promise) continue
      if (entry.expiresAt > now && this.#entries.size < this.#maxEntries) return
      this.#entries.delete(key)
    }
  }
}
