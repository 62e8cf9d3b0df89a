import { DeliveryContext, type DeliveredEvent } from '../event.ts'
import type { Budget } from '../lib/deadline.ts'

/** What an inbox knows of the work that a delivery does not. */
export interface StoredWork {
  readonly receivedAt: number
  readonly attempt: number
  readonly transaction: unknown
}

/** What surrounds an event that was stored: it came some time ago, and may have been worked on before. */
export class StoredContext extends DeliveryContext {
  readonly #work: StoredWork

  constructor(event: DeliveredEvent, budget: Budget, work: StoredWork) {
    super(event, budget)
    this.#work = work
  }
  override get receivedAt(): number {
    return this.#work.receivedAt
  }
  override get attempt(): number {
    return this.#work.attempt
  }
  get transaction(): unknown {
    return this.#work.transaction
  }
}
