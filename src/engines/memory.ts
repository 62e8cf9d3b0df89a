import type {
  DeadLetter,
  Engine,
  InboxRecord,
  ReplayOptions,
  ReplaySelection,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { InboxOptions } from '../inbox/options.ts'
import { PullLoop, type Claim, type PullSource } from './lib/pull-loop.ts'

/**
 * An inbox in the memory of this process, for tests: what it holds is lost with the process, so nothing it
 * acknowledges is safe.
 *
 * @example
 * const handler = createWebhookHandler({ provider, inbox: memory(), on })
 */
export function memory(options: InboxOptions = {}): EngineInbox {
  return createInbox(new MemoryEngine(), options)
}

interface Entry {
  readonly record: InboxRecord
  readonly seq: number
  state: 'todo' | 'done' | 'dead'
  due: number
  attempts: number
  fence: number
  reason: string
  at: number
}

interface MemoryClaim extends Claim {
  readonly entry: Entry
  readonly fence: number
}

class MemoryEngine implements Engine, PullSource<MemoryClaim> {
  readonly name = 'memory'
  readonly capabilities: Engine['capabilities'] = {
    durable: 'memory',
    dedupe: { windowSeconds: Infinity, tells: true },
    maxBytes: Infinity,
    retryAfter: 'exact',
    maxRunSeconds: Infinity,
    order: true,
    sequence: true,
  }
  readonly #entries = new Map<string, Entry>()
  #loop: PullLoop<MemoryClaim> | undefined
  #fences = 0

  async open(): Promise<void> {}

  async put(record: InboxRecord): Promise<'stored' | 'duplicate'> {
    if (this.#entries.has(record.key)) return 'duplicate'
    const seq = this.#entries.size
    const rest = { state: 'todo', due: 0, attempts: 0, fence: 0, reason: '', at: 0 } as const
    this.#entries.set(record.key, { record, seq, ...rest })
    this.#loop?.wake()
    return 'stored'
  }

  async work(run: Run, options: WorkOptions): Promise<Worker> {
    return (this.#loop = new PullLoop(this, run, options))
  }

  async claim(limit: number, leaseMs: number): Promise<readonly MemoryClaim[]> {
    const now = performance.now()
    const todo = this.#todo()
    const due = todo.filter((entry) => entry.due <= now && !isBehind(entry, todo)).slice(0, limit)
    return due.map((entry) => {
      const fence = (entry.fence = ++this.#fences)
      entry.due = now + leaseMs
      const extend = async (ms: number) => {
        if (entry.fence !== fence) return false
        entry.due = performance.now() + ms
        return true
      }
      const attempt = { number: ++entry.attempts, stale: this.#isStale(entry), extend }
      return { record: entry.record, entry, fence, attempt }
    })
  }

  async settle({ entry, fence }: MemoryClaim, verdict: Verdict): Promise<void> {
    if (entry.fence !== fence) return
    entry.fence = 0
    entry.at = Date.now()
    if (verdict.kind !== 'ack') entry.reason = verdict.reason
    if (verdict.kind === 'retry') entry.due = performance.now() + verdict.afterMs
    else entry.state = verdict.kind === 'ack' ? 'done' : 'dead'
  }

  untilDue(): number | undefined {
    const todo = this.#todo()
    const due = todo.filter((entry) => !isBehind(entry, todo)).map((entry) => entry.due)
    return due.length === 0 ? undefined : Math.min(...due) - performance.now()
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    for (const { state, record, reason, at } of this.#entries.values()) {
      if (state === 'dead') yield { record, reason, at }
    }
  }

  async replay(selection: ReplaySelection, { before }: ReplayOptions = {}): Promise<number> {
    const chosen = [...this.#entries.values()].filter(
      (entry) => entry.state !== 'todo' && isChosen(entry, selection),
    )
    await before?.(chosen.map(({ record }) => record.key))
    // Another replay may have been faster.
    const left = chosen.filter(({ state }) => state !== 'todo')
    for (const entry of left) Object.assign(entry, { state: 'todo', due: 0, attempts: 0 })
    this.#loop?.wake()
    return left.length
  }

  async close(): Promise<void> {}

  #isStale({ record: { order, sequence = Infinity } }: Entry): boolean {
    return [...this.#entries.values()].some(
      ({ state, record }) =>
        state === 'done' &&
        order !== undefined &&
        record.order === order &&
        (record.sequence ?? -Infinity) > sequence,
    )
  }

  #todo(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ state }) => state === 'todo')
  }
}

/** What is in work stays the first of its order, whatever came back to its place before it. */
function isBehind({ record: { order }, seq, fence }: Entry, todo: readonly Entry[]): boolean {
  return (
    order !== undefined &&
    fence === 0 &&
    todo.some((other) => other.record.order === order && (other.fence !== 0 || other.seq < seq))
  )
}

function isChosen({ record, state }: Entry, selection: ReplaySelection): boolean {
  if ('keys' in selection) return selection.keys.includes(record.key)
  return 'dead' in selection ? state === 'dead' : record.receivedAt >= selection.since
}
