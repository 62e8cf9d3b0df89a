import { WebhookError } from '../errors.ts'

/** What a sender waits that publishes no figure; the common ones are 3, 5 and 10 seconds. */
const DEFAULT_DEADLINE_SECONDS = 10
/** Kept back for the network and for writing the answer: a tenth of the time, 250 ms to 1 s. */
const marginMs = (totalMs: number) => Math.min(Math.max(totalMs / 10, 250), 1000)

/**
 * The milliseconds a handler may take: the shorter of the sender's and the platform's patience, less a
 * margin, and never less than half of it.
 */
export function budgetMs(
  providerSeconds: number | undefined,
  platformSeconds: number | undefined,
): number {
  const seconds = Math.min(
    providerSeconds ?? platformSeconds ?? DEFAULT_DEADLINE_SECONDS,
    platformSeconds ?? Infinity,
  )
  const totalMs = seconds * 1000
  return Math.max(totalMs - marginMs(totalMs), totalMs / 2)
}

/** The time left for one delivery. Runs on the monotonic clock, which no clock step can stretch. */
export class Budget {
  readonly totalMs: number
  /** Milliseconds it had waited before the handler was called. */
  readonly waitedMs: number
  readonly #startedAt: number
  #controller: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param startedAt when the delivery arrived, by `performance.now()` */
  constructor(totalMs: number, startedAt?: number) {
    const now = performance.now()
    this.totalMs = totalMs
    this.#startedAt = startedAt ?? now
    this.waitedMs = Math.round(now - this.#startedAt)
  }

  /** Aborted when the time is up. Made, with its timer, when first asked for. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = (this.#controller = new AbortController())
      this.#timer = setTimeout(() => controller.abort(this.#exceeded()), this.#remainingMs())
    }
    return this.#controller.signal
  }

  /**
   * What `finish` makes of the value the work comes to, or of `ERR_DEADLINE_EXCEEDED` once the time is up.
   * The work must not reject.
   */
  race<Value, Finished>(
    work: Promise<Value>,
    finish: (value: Value | WebhookError) => Finished,
  ): Promise<Finished> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const error = this.#exceeded()
        this.#controller?.abort(error)
        resolve(finish(error))
      }, this.#remainingMs())
      void work.then((value) => {
        clearTimeout(timer)
        resolve(finish(value))
      })
    })
  }

  /** The value, or a rejection with `error` once the time is up. */
  hold<Value>(pending: Promise<Value>, error: () => WebhookError): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(error()), this.#remainingMs())
      void pending.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  /** Aborts the work before its time is up. */
  cancel(reason: WebhookError): void {
    void this.signal
    this.#controller!.abort(reason)
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt
  }

  /** Nothing waits for the signal any more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #remainingMs(): number {
    return Math.max(0, this.totalMs - this.elapsedMs())
  }

  #exceeded(): WebhookError {
    return new WebhookError(
      'ERR_DEADLINE_EXCEEDED',
      `The work took longer than the ${Math.round(this.totalMs)} ms it has; pass context.signal on, or queue long work`,
    )
  }
}
