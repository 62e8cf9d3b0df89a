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

type Decide = (admitted: boolean) => void

/**
 * Lets a number of deliveries in at a time and turns away early what would come too late: a sender gets
 * a clear "try again" instead of a time-out. What its sender would never try again goes before the rest.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #once = new Set<Decide>()
  readonly #others = new Set<Decide>()
  #active = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /**
   * True at once if there is a place, later if one becomes free in time, false otherwise.
   *
   * @param once whether the sender delivers it this once only
   */
  enter(once = false): boolean | Promise<boolean> {
    if (this.#active < this.#options.concurrency) {
      this.#active++
      return true
    }
    if (this.#isFull() && !(once && this.#makeWay())) return false
    return this.#wait(once ? this.#once : this.#others)
  }

  /** Gives the place to the one that waits longest. */
  leave(): void {
    const [next] = this.#once.size > 0 ? this.#once : this.#others
    if (next) next(true)
    else this.#active--
  }

  #isFull(): boolean {
    return this.#once.size + this.#others.size >= this.#options.maxWaiting
  }

  /** Turns the last one away that can come again. */
  #makeWay(): boolean {
    const last = [...this.#others].at(-1)
    last?.(false)
    return last !== undefined
  }

  #wait(queue: Set<Decide>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => decide(false), this.#options.maxWaitMs)
      const decide = (admitted: boolean) => {
        clearTimeout(timer)
        queue.delete(decide)
        resolve(admitted)
      }
      queue.add(decide)
    })
  }
}
