import type {
  Attempt,
  DeadLetter,
  Engine,
  InboxRecord,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from '../../inbox/engine.ts'
import { encode, encodeUtf8 } from '../../lib/bytes.ts'
import { randomBytes, until } from './checks.ts'

export interface EngineSubject {
  /** An engine on a store that is empty. */
  create(): Promise<Engine>
  /** Another one on the store of the last, as a second process would have. */
  again(): Promise<Engine>
  /** Has work done, for engines that are called: an HTTP server with the consumer. @default engine.work */
  work?(engine: Engine, run: Run, options: WorkOptions): Promise<Worker>
  /** The shortest lease it can be given, in milliseconds. @default 300 */
  readonly leaseMs?: number
}

export interface Case {
  readonly name: string
  /** What the engine does not have of what it takes. */
  readonly needs?: (engine: Engine, subject: EngineSubject) => string | undefined
  readonly run: (bench: Bench) => Promise<void>
}

interface Seen {
  readonly record: InboxRecord
  readonly attempt: Attempt
}
interface Collected {
  /** All so far. */
  readonly seen: readonly Seen[]
  readonly stop: () => Promise<void>
}
type Decide = (seen: Seen) => Verdict | Promise<Verdict>

export async function withBench(subject: EngineSubject, run: Case['run']): Promise<void> {
  const bench = new Bench(subject, await subject.create())
  try {
    await bench.engine.open()
    await run(bench)
  } finally {
    await bench.close()
  }
}

/** An engine on trial, and all that was opened for it. */
class Bench {
  readonly engine: Engine
  readonly leaseMs: number
  readonly #subject: EngineSubject
  readonly #closing: (() => Promise<void>)[] = []

  constructor(subject: EngineSubject, engine: Engine) {
    this.#subject = subject
    this.engine = engine
    this.leaseMs = subject.leaseMs ?? 300
    this.#closing.push(() => engine.close())
  }

  record(part: Partial<InboxRecord> = {}): InboxRecord {
    const key = encode(randomBytes(32), 'base64url')
    return {
      key,
      endpoint: 'test',
      receivedAt: 1_700_000_000_123,
      head: '{}',
      body: encodeUtf8(`{"key":"${key}"}`),
      ...part,
    }
  }

  put(record: InboxRecord): Promise<'stored' | 'duplicate'> {
    return this.engine.put(record)
  }

  async another(): Promise<Engine> {
    const engine = await this.#subject.again()
    await engine.open()
    this.#closing.push(() => engine.close())
    return engine
  }

  async work(run: Run, engine: Engine = this.engine, concurrency = 4): Promise<Worker> {
    const options = { concurrency, leaseMs: this.leaseMs }
    const worker = await (this.#subject.work?.(engine, run, options) ?? engine.work!(run, options))
    this.#closing.push(() => worker.stop())
    return worker
  }

  /** Works until it has seen as many, and goes on. */
  async collect(
    count: number,
    decide: Decide = () => ({ kind: 'ack' }),
    engine: Engine = this.engine,
    concurrency = 4,
  ): Promise<Collected> {
    const seen: Seen[] = []
    const worker = await this.work(
      async (record, attempt) => {
        seen.push({ record, attempt })
        return decide({ record, attempt })
      },
      engine,
      concurrency,
    )
    await until(() => seen.length >= count)
    return { seen, stop: () => worker.stop() }
  }

  /** The dead letters, once there are as many: a verdict is written after its work. */
  async whenDead(count: number): Promise<readonly DeadLetter[]> {
    let letters = await listOf(this.engine.dead!())
    await until(async () => (letters = await listOf(this.engine.dead!())).length === count)
    return letters
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close().catch(() => undefined)
  }
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}
