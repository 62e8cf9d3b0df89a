import { configurationError } from '../../src/errors.ts'
import type { HostContext, HostedInbox } from '../../src/types.ts'

export interface StartOptions {
  readonly host: HostContext
  readonly work: boolean | undefined
  /** Whether the platform may stop this process between requests. */
  readonly mayFreeze: boolean
}

/** The inboxes of a served handler, through the life of the server. */
export class HostedInboxes {
  readonly #inboxes: readonly HostedInbox[]
  #closed: Promise<boolean> | undefined

  constructor(inboxes: readonly HostedInbox[]) {
    this.#inboxes = inboxes
  }

  /**
   * Before the server listens: a store that can't be used must not receive anything.
   *
   * @throws {TypeError} `ERR_OPTION_INVALID`
   */
  async start({ host, work, mayFreeze }: StartOptions): Promise<void> {
    const pulling = this.#inboxes.find(({ pulls }) => pulls)
    if (pulling && mayFreeze && work === undefined) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        `${pulling.name} needs a process that runs between requests, and K_SERVICE is set: serve(handler, { work: true }) if CPU is always allocated and min-scale is 1 or more, { work: false } if another process works, or an engine that calls, as pubsub()`,
      )
    }
    const started = await Promise.allSettled(
      this.#inboxes.map((inbox) =>
        inbox.pulls && work !== false ? inbox.work(host) : inbox.open(),
      ),
    )
    // Once none is on its way any more: whoever closes them then closes all.
    for (const one of started) if (one.status === 'rejected') throw one.reason
  }

  /**
   * Stops the work while `drain` answers what is in flight, and closes the stores after both; false if something
   * had to be cut off. Work that is cut off is given out again when its lease ends.
   */
  closeAround(drain: () => Promise<boolean>, graceMs: number): Promise<boolean> {
    return (this.#closed ??= this.#close(drain, graceMs))
  }

  async #close(drain: () => Promise<boolean>, graceMs: number): Promise<boolean> {
    const stopped = within(graceMs, Promise.all(this.#inboxes.map((inbox) => inbox.stop())))
    const drained = await drain()
    const ended = await stopped
    if (ended) await this.close()
    return drained && ended
  }

  async close(): Promise<void> {
    await Promise.all(this.#inboxes.map((inbox) => inbox.close()))
  }
}

function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false)
    const settle = () => {
      clearTimeout(timer)
      resolve(true)
    }
    work.then(settle, settle)
  })
}
