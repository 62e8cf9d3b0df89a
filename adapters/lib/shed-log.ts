/** Milliseconds between two lines about deliveries that were turned away: overload must not flood the log. */
const INTERVAL_MS = 1000

/** Counts deliveries that were turned away and says so once a second, with the cause. */
export class ShedLog {
  readonly #cause: string
  #count = 0

  constructor(cause: string) {
    this.#cause = cause
  }

  note(): void {
    if (this.#count++ === 0) setTimeout(() => this.#write(), INTERVAL_MS).unref()
  }

  #write(): void {
    console.warn(`Turned ${this.#count} deliveries away with 503: ${this.#cause}`)
    this.#count = 0
  }
}
