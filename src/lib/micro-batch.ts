interface Waiting<Item, Value> {
  readonly item: Item
  readonly signal: AbortSignal | undefined
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

export interface MicroBatchOptions<Item, Value> {
  /** Writes them all or none. Resolves with a value for each, in their order. */
  readonly write: (items: readonly Item[]) => Promise<readonly Value[]>
  /** Whether a failed batch is worth writing one by one, for one of them may be to blame. */
  readonly isOfOne: (error: unknown) => boolean
  readonly maxItems: number
  /** What the weights of a batch sum up to at most; one that is heavier goes alone. */
  readonly maxWeight: number
  readonly weigh: (item: Item) => number
}

/**
 * Writes what comes within a turn of the event loop, and while the batch before it is under way, as one batch. One
 * is written at a time, in the order they came.
 */
export class MicroBatch<Item, Value> {
  readonly #options: MicroBatchOptions<Item, Value>
  #waiting: Waiting<Item, Value>[] = []
  #draining: Promise<void> | undefined

  constructor(options: MicroBatchOptions<Item, Value>) {
    this.#options = options
  }

  /** Resolves when it is written. One whose signal aborts before it is begun is left out. */
  add(item: Item, signal?: AbortSignal): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, signal, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn() // for those too who have waited for the batch before
      await this.#write(this.#take())
    }
    this.#draining = undefined
  }

  #take(): readonly Waiting<Item, Value>[] {
    const { maxItems, maxWeight, weigh } = this.#options
    const batch: Waiting<Item, Value>[] = []
    let weight = 0
    for (let next = this.#waiting[0]; next && batch.length < maxItems; next = this.#waiting[0]) {
      weight += weigh(next.item)
      if (batch.length > 0 && weight > maxWeight) break
      this.#waiting.shift()
      if (next.signal?.aborted) next.reject(new Error('Nobody waits for it any more'))
      else batch.push(next)
    }
    return batch
  }

  async #write(batch: readonly Waiting<Item, Value>[]): Promise<void> {
    if (batch.length === 0) return
    try {
      const values = await this.#options.write(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(values[index]!)
    } catch (error) {
      if (batch.length > 1 && this.#options.isOfOne(error)) {
        for (const one of batch) await this.#write([one])
      } else {
        for (const { reject } of batch) reject(error)
      }
    }
  }
}

const runtime = globalThis as { setImmediate?: (run: () => void) => unknown }

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (runtime.setImmediate) runtime.setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
