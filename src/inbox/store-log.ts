import { messageOf } from '../errors.ts'

/** What is over sooner is not worth a line: a store that is restarted, or locked by another process. */
const PATIENCE_MS = 1000
const MAX_CAUSE = 300

/**
 * Says in the log when a worker does not get through to its store, and when it does again: once each, for it tries
 * several times a second, and whoever only works is told by nobody else.
 */
export class StoreLog {
  readonly #name: string
  /** What fails, and since when. */
  readonly #failing = new Map<unknown, number>()
  #isSaid = false

  constructor(name: string) {
    this.#name = name
  }

  /** No work is given out. */
  noWork(error: unknown): void {
    this.#failed('work', error, 'gives this process no work')
  }

  /** There was work, or an answer that there is none. */
  hasWork(): void {
    this.#worked('work')
  }

  /** @param attempt the one whose verdict it is */
  noVerdict(attempt: object, error: unknown): void {
    this.#failed(attempt, error, 'takes no verdict, and what was done would be done again')
  }

  hasVerdict(attempt: object): void {
    this.#worked(attempt)
  }

  /** It is not tried any more. */
  giveUp(attempt: object): void {
    this.#failing.delete(attempt)
  }

  #failed(what: unknown, error: unknown, text: string): void {
    const now = performance.now()
    const since = this.#failing.get(what) ?? now
    this.#failing.set(what, since)
    if (this.#isSaid || now - since < PATIENCE_MS) return
    this.#isSaid = true
    console.warn(
      `${this.#name} ${text}: ${causeOf(error)}. See that its store is there, has room, and lets this process in; it is tried again until it works`,
    )
  }

  #worked(what: unknown): void {
    this.#failing.delete(what)
    if (!this.#isSaid || this.#failing.size > 0) return
    this.#isSaid = false
    console.warn(`${this.#name} gives work and takes verdicts again`)
  }
}

/** One line. Where a host has several addresses, the error of a connection has no message, but a code. */
function causeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  const cause = messageOf(error) || String(code)
  return cause.replace(/\s+/g, ' ').slice(0, MAX_CAUSE)
}
