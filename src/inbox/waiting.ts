import { WebhookError } from '../errors.ts'
import { stored, type Result } from '../outcomes.ts'
import type { Run } from './engine.ts'

/** A delivery that waits for its work. */
export interface Waiter {
  /** What the work came to, or what it was told instead. */
  readonly result: Promise<Result>
  /** Whether the work is under way, or was, in this process. */
  readonly hasBegun: boolean
  tell(result: Result): void
  /** It waits no more. */
  leave(): void
}

/** The deliveries that wait for the end of their work in this process, by the keys of their records. */
export class Waiting {
  #inWork = 0
  readonly #waiters = new Map<string, Set<{ hasBegun: boolean; tell(result: Result): void }>>()

  /** How many records are waited for. */
  get size(): number {
    return this.#waiters.size
  }

  /** How many records are worked on. */
  get inWork(): number {
    return this.#inWork
  }

  enter(key: string): Waiter {
    const waiters = this.#waiters.get(key) ?? new Set()
    this.#waiters.set(key, waiters)
    let tell!: (result: Result) => void
    const result = new Promise<Result>((resolve) => (tell = resolve))
    const waiter = {
      result,
      hasBegun: false,
      tell,
      leave: () => {
        waiters.delete(waiter)
        if (waiters.size === 0 && this.#waiters.get(key) === waiters) this.#waiters.delete(key)
      },
    }
    waiters.add(waiter)
    return waiter
  }

  begin(key: string): void {
    this.#waiters.get(key)?.forEach((waiter) => (waiter.hasBegun = true))
  }
  end(key: string, result: Result): void {
    this.#waiters.get(key)?.forEach((waiter) => waiter.tell(result))
  }
  endAll(result: Result): void {
    for (const key of this.#waiters.keys()) this.end(key, result)
  }
  endThoseNotBegun(result: Result): void {
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) if (!waiter.hasBegun) waiter.tell(result)
    }
  }

  /** Knows what is under way, whoever waits for it. */
  counted(work: Run): Run {
    return async (record, attempt) => {
      this.#inWork++
      this.begin(record.key)
      try {
        return await work(record, attempt)
      } finally {
        this.#inWork--
      }
    }
  }

  /** Whoever still waits when there is a verdict waits for an effect that did not run. */
  answered(run: Run): Run {
    return async (record, attempt) => {
      const verdict = await run(record, attempt)
      const result =
        verdict.kind === 'ack' ? stored : new WebhookError('ERR_INBOX_UNAVAILABLE', verdict.reason)
      this.end(record.key, result)
      return verdict
    }
  }
}
