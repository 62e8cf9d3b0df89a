import { WebhookError } from '../errors.ts'

/** Too few to say anything of a queue. */
const FREE_PLACES = 16
const WINDOW_MS = 100
/** Weight of the latest window in the rate. */
const LATEST = 0.5

/**
 * Turns a delivery away at once if the store is so far behind that its answer would come too late. By the time it
 * would wait, not by how many wait: a hundred are nothing to a fast store and an age to a slow one.
 */
export class Pressure {
  readonly #now: () => number
  #pending = 0
  #ratePerMs = 0
  #windowStart = 0
  #completed = 0
  #lastCompletion = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * Takes part in the queue until `leave` or `giveUp` is called.
   *
   * @param limitMs the wait that is still worth it
   * @throws {WebhookError} `ERR_OVERLOADED`
   */
  enter(limitMs: number): void {
    const now = this.#now()
    if (this.#pending >= FREE_PLACES && this.#expectedMs(now) > limitMs) {
      throw new WebhookError(
        'ERR_OVERLOADED',
        `The inbox is behind: ${this.#pending} deliveries wait to be stored`,
        { retryAfterSeconds: 1 },
      )
    }
    if (this.#pending === 0) this.#lastCompletion = now
    // What it does when little is asked of it says nothing of what it can do.
    if (++this.#pending === FREE_PLACES) this.#begin(now)
  }

  /** It was not stored, or not in time: it is out of the queue, and says nothing of how fast that moves. */
  giveUp(): void {
    this.#pending--
  }

  /** It is stored. */
  leave(): void {
    const now = this.#now()
    this.#lastCompletion = now
    this.#completed++
    if (this.#pending-- < FREE_PLACES) return
    const elapsed = now - this.#windowStart
    if (elapsed < WINDOW_MS) return
    const rate = this.#completed / elapsed
    this.#ratePerMs = this.#ratePerMs === 0 ? rate : LATEST * rate + (1 - LATEST) * this.#ratePerMs
    this.#windowStart = now
    this.#completed = 0
  }

  #begin(now: number): void {
    this.#windowStart = now
    this.#completed = this.#ratePerMs = 0
  }

  /** By the rate of late; or as long as nothing has come back, if that is longer. */
  #expectedMs(now: number): number {
    const byRate = this.#ratePerMs === 0 ? 0 : this.#pending / this.#ratePerMs
    return Math.max(byRate, now - this.#lastCompletion)
  }
}
