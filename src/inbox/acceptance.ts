import type { WorkedTask, WorkingEndpoint } from '../endpoint.ts'
import { isWebhookError, messageOf, WebhookError } from '../errors.ts'
import type { Task } from '../event.ts'
import type { Budget } from '../lib/deadline.ts'
import { ignored, stored, type Result } from '../outcomes.ts'
import type { Engine, InboxRecord } from './engine.ts'
import type { InboxSettings } from './options.ts'
import { Pressure } from './pressure.ts'
import { toRecord } from './record.ts'
import type { Waiter, Waiting } from './waiting.ts'

/** Deliveries that wait for their work, for each that can be worked on. More would hardly be done in time. */
const WAITING_FOR_EACH = 10
/** How soon a worker with nothing else to do begins, and how long one that is busy is waited for. */
const PICKUP_MS = 100
const MAX_PICKUP_MS = 1000
/** The longest wait to be stored: a third of the shortest deadline there is, 3 s. */
const MAX_WAIT_MS = 1000

/** What the acceptance has of its inbox. */
interface AcceptingInbox {
  readonly engine: Engine
  readonly settings: InboxSettings
  readonly waiting: Waiting
  open(): Promise<void>
  /** Whether this process works on what is stored. */
  works(): boolean
  /** Called when something was stored. */
  onStored(): void
}

/** Takes deliveries in: stores each, and answers it by what its work comes to if that is in time. */
export class Acceptance {
  readonly #inbox: AcceptingInbox
  readonly #pressure = new Pressure()

  constructor(inbox: AcceptingInbox) {
    this.#inbox = inbox
  }

  /** Never rejects. */
  async accept(task: Task, endpoint: WorkingEndpoint, budget: Budget): Promise<WorkedTask> {
    try {
      if (!endpoint.findEffect(task)) return { task, result: ignored, duplicate: false }
      const record = await toRecord(task, endpoint, this.#inbox.settings)
      return await this.#store(record, task, endpoint, budget)
    } catch (error) {
      return { task, result: toError(error, this.#inbox.engine.name), duplicate: false }
    }
  }

  async #store(
    record: InboxRecord,
    task: Task,
    endpoint: WorkingEndpoint,
    budget: Budget,
  ): Promise<WorkedTask> {
    const { acknowledge } = endpoint
    // Before it is stored: the worker may be done with it by the time this goes on.
    const waiter = this.#mayWait(acknowledge) ? this.#inbox.waiting.enter(record.key) : undefined
    try {
      const put = await this.#put(record, endpoint, budget)
      this.#inbox.onStored()
      // A slow effect must not turn away what could be stored.
      if (waiter) task.event.delivery.parts.giveWay?.()
      const result =
        waiter && put === 'stored' ? await this.#endOf(waiter, acknowledge, budget) : stored
      return { task, result, duplicate: put === 'duplicate' }
    } finally {
      waiter?.leave()
    }
  }

  /** What the work on it has come to, if this process does it; with `auto`, only if it begins soon. */
  async #endOf(
    waiter: Waiter,
    acknowledge: WorkingEndpoint['acknowledge'],
    budget: Budget,
  ): Promise<Result> {
    let timer: ReturnType<typeof setTimeout>
    const look = (isLast: boolean) => {
      if (waiter.hasBegun) return
      // A worker that is busy may still get to it; one that is not would have it, unless another process has.
      const isBusy = this.#inbox.waiting.inWork >= this.#inbox.settings.concurrency
      if (isLast || !isBusy) waiter.tell(stored)
      else timer = setTimeout(look, MAX_PICKUP_MS, true)
    }
    if (acknowledge === 'auto') timer = setTimeout(look, PICKUP_MS, false)
    try {
      return await budget.race<Result, Result>(waiter.result, (result) => {
        if (acknowledge === 'auto') return isFailure(result) ? stored : result
        return isWebhookError(result) && !waiter.hasBegun
          ? notBegun(this.#inbox.engine.name, result)
          : result
      })
    } finally {
      clearTimeout(timer!)
    }
  }

  async #put(record: InboxRecord, endpoint: WorkingEndpoint, budget: Budget) {
    const { maxBytes } = this.#inbox.engine.capabilities
    if (record.body.length > maxBytes) {
      throw new WebhookError(
        'ERR_BODY_TOO_LARGE',
        `The body has ${record.body.length} bytes, and ${this.#inbox.engine.name} stores ${maxBytes} at most`,
      )
    }
    // What its sender will never send again is turned away last.
    const { retries } = endpoint.provider.acknowledge ?? {}
    this.#pressure.enter(
      retries === false ? budget.totalMs / 2 : Math.min(MAX_WAIT_MS, budget.totalMs / 3),
    )
    const giveUp = new AbortController()
    try {
      const putting = this.#inbox
        .open()
        .then(() => this.#inbox.engine.put(record, { signal: giveUp.signal }))
      const put = await budget.hold(putting, () => tooLate(this.#inbox.engine.name))
      this.#pressure.leave()
      return put
    } catch (error) {
      giveUp.abort()
      this.#pressure.giveUp()
      throw error
    }
  }

  #mayWait(acknowledge: WorkingEndpoint['acknowledge']): boolean {
    if (!this.#inbox.works() || acknowledge === 'stored') return false
    const most = WAITING_FOR_EACH * this.#inbox.settings.concurrency
    return acknowledge === 'processed' || this.#inbox.waiting.size < most
  }
}

/** With `auto`, what did not end well or in time is answered as what it is: stored, to be tried again. */
const isFailure = (result: Result) => isWebhookError(result) || result.kind === 'retry'

const notBegun = (name: string, cause: WebhookError) =>
  new WebhookError(
    cause.code,
    `The work did not begin in this process; does another work on the same ${name}? Then acknowledge: 'processed' waits in vain`,
    { cause },
  )

const tooLate = (name: string) =>
  new WebhookError(
    'ERR_INBOX_UNAVAILABLE',
    `${name} did not store the delivery before the deadline; is it slow, or locked?`,
  )

function toError(cause: unknown, name: string): WebhookError {
  if (isWebhookError(cause)) return cause
  const text = `${name} did not store the delivery: ${messageOf(cause)}`
  return new WebhookError('ERR_INBOX_UNAVAILABLE', text, { cause })
}
