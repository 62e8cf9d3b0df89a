/** Seconds until a place is likely to be free again; the figure in `Retry-After`. */
export const RETRY_AFTER_SECONDS = 1

export interface GateOptions {
  /** Deliveries worked on at a time. */
  readonly concurrency: number
  /** Deliveries that may wait for a place; the rest is turned away at once. */
  readonly maxWaiting: number
  /** Milliseconds after which waiting has no point, because the sender's deadline would be lost. */
  readonly maxWaitMs: number
}

/**
 * Lets a number of deliveries in at a time and turns away early what would come too late: a sender gets
 * a clear "try again" instead of a time-out.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #waiting = new Set<(admitted: boolean) => void>()
  #active = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** True at once if there is a place, later if one becomes free in time, false otherwise. */
  enter(): boolean | Promise<boolean> {
    const { concurrency, maxWaiting, maxWaitMs } = this.#options
    if (this.#active < concurrency) {
      this.#active++
      return true
    }
    if (this.#waiting.size >= maxWaiting) return false
    return new Promise((resolve) => {
      const timer = setTimeout(() => decide(false), maxWaitMs)
      const decide = (admitted: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(decide)
        resolve(admitted)
      }
      this.#waiting.add(decide)
    })
  }

  /** Gives the place to the one that waits longest. */
  leave(): void {
    const [next] = this.#waiting
    if (next) next(true)
    else this.#active--
  }
}
