/** What every engine has to hold, for ours and for yours. */
import { messageOf } from '../errors.ts'
import type {
  Attempt,
  Engine,
  InboxRecord,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from '../inbox/engine.ts'

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

export interface ConformanceCase {
  readonly name: string
  /** Why it does not concern this engine, by what its capabilities say. */
  readonly skip: string | undefined
  /** Rejects with what was expected and what was seen. */
  readonly run: () => Promise<void>
}

/**
 * The cases, for the test runner of your choice.
 *
 * @example
 * for (const { name, skip, run } of await engineConformance(subject)) test.skipIf(skip)(name, run)
 */
export async function engineConformance(
  subject: EngineSubject,
): Promise<readonly ConformanceCase[]> {
  const engine = await subject.create()
  const missing = CASES.map(({ needs }) => needs?.(engine, subject))
  await engine.close()
  return CASES.map(({ name, run }, index) => ({
    name,
    skip: missing[index],
    run: () => withBench(subject, run),
  }))
}

interface Case {
  readonly name: string
  /** What the engine does not have of what it takes. */
  readonly needs?: (engine: Engine, subject: EngineSubject) => string | undefined
  readonly run: (bench: Bench) => Promise<void>
}

const exactDelays = ({ capabilities: { retryAfter } }: Engine) =>
  retryAfter === 'exact' ? undefined : `Its delays are ${retryAfter}`
const tells = ({ capabilities: { dedupe } }: Engine) =>
  dedupe.tells && dedupe.windowSeconds > 0 ? undefined : 'It tells no duplicates'
const pulls = (engine: Engine) => (engine.work ? undefined : 'It has no leases of its own')
const lists = (engine: Engine) =>
  engine.dead && engine.replay ? undefined : 'It does not list its dead letters'

const CASES: readonly Case[] = [
  {
    name: 'gives back the bytes and the head as they were put',
    async run(bench) {
      const record = bench.record({
        body: randomBytes(60_000),
        head: '{"a":"\\u0000\u2028\u{1F600}é"}',
      })
      await bench.put(record)
      const { seen } = await bench.collect(1)
      const [first] = seen
      expectEqual('the key', first?.record.key, record.key)
      expectEqual('the endpoint', first?.record.endpoint, record.endpoint)
      expectEqual('the time', first?.record.receivedAt, record.receivedAt)
      expectEqual('the head', first?.record.head, record.head)
      expectEqual('the body', hex(first?.record.body), hex(record.body))
      expectEqual('the attempt', first?.attempt.number, 1)
    },
  },
  {
    name: 'takes an empty body',
    async run(bench) {
      await bench.put(bench.record({ body: new Uint8Array(0) }))
      const { seen } = await bench.collect(1)
      expectEqual('the length', seen[0]?.record.body.length, 0)
    },
  },
  {
    name: 'tells a duplicate, before and after it is done',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      expectEqual('the first', await bench.put(record), 'stored')
      expectEqual('the second', await bench.put(record), 'duplicate')
      const collected = await bench.collect(1)
      await collected.stop()
      expectEqual('one after it is done', await bench.put(record), 'duplicate')
      expectEqual('the runs', collected.seen.length, 1)
    },
  },
  {
    name: 'stores one of 50 at once',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      const puts = await Promise.all(Array.from({ length: 50 }, () => bench.put(record)))
      expectEqual('the number stored', puts.filter((put) => put === 'stored').length, 1)
    },
  },
  {
    name: 'stores one of 20 at once by two processes',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      const other = await bench.another()
      const puts = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? bench.put(record) : other.put(record))),
      )
      expectEqual('the number stored', puts.filter((put) => put === 'stored').length, 1)
    },
  },
  {
    name: 'has stored for another process what put has resolved for',
    needs: tells,
    async run(bench) {
      const other = await bench.another()
      for (let count = 0; count < 20; count++) {
        const record = bench.record()
        expectEqual('the first', await bench.put(record), 'stored')
        expectEqual('one by another', await other.put(record), 'duplicate')
      }
    },
  },
  {
    name: 'works on 200 records, each once, with two workers',
    needs: pulls,
    async run(bench) {
      const records = Array.from({ length: 200 }, () => bench.record())
      const other = await bench.another()
      const counts = new Map<string, number>()
      const run: Run = async ({ key }) => {
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return { kind: 'ack' }
      }
      await bench.work(run)
      await bench.work(run, other)
      await Promise.all(records.map((record) => bench.put(record)))
      await until(() => counts.size === records.length)
      expectEqual('the most runs of one', Math.max(...counts.values()), 1)
    },
  },
  {
    name: 'tries again, not before the time that the verdict says, and counts the attempts',
    needs: exactDelays,
    async run(bench) {
      await bench.put(bench.record())
      const times: number[] = []
      const { seen } = await bench.collect(3, ({ attempt }) => {
        times.push(performance.now())
        return attempt.number < 3
          ? { kind: 'retry', afterMs: 1500, reason: 'later' }
          : { kind: 'ack' }
      })
      expectEqual('the attempts', seen.map(({ attempt }) => attempt.number).join(), '1,2,3')
      const waits = times.slice(1).map((time, index) => time - times[index]!)
      // The clocks of two processes may differ by a little.
      expectEqual(
        'waits long enough',
        waits.every((wait) => wait >= 1400),
        true,
      )
    },
  },
  {
    name: 'tries again at once',
    async run(bench) {
      await bench.put(bench.record())
      const { seen } = await bench.collect(2, ({ attempt }) =>
        attempt.number < 2 ? { kind: 'retry', afterMs: 0, reason: 'now' } : { kind: 'ack' },
      )
      expectEqual('the attempts', seen.map(({ attempt }) => attempt.number).join(), '1,2')
    },
  },
  {
    name: 'lists what was given up, with the reason, and puts it back to work',
    needs: lists,
    async run(bench) {
      const record = bench.record({ body: randomBytes(100) })
      await bench.put(record)
      let ruin = true
      const { seen } = await bench.collect(1, () =>
        ruin ? { kind: 'dead', reason: 'unfit' } : { kind: 'ack' },
      )
      const dead = await bench.whenDead(1)
      expectEqual('the reason', dead[0]?.reason, 'unfit')
      expectEqual('the key', dead[0]?.record.key, record.key)
      expectEqual('the body', hex(dead[0]?.record.body), hex(record.body))
      ruin = false
      expectEqual('the number replayed', await bench.engine.replay!({ dead: true }), 1)
      await until(() => seen.length === 2)
      expectEqual('the attempt after it', seen[1]?.attempt.number, 1)
      await bench.whenDead(0)
    },
  },
  {
    name: 'puts one record back to work by its key, though it is done',
    needs: lists,
    async run(bench) {
      const [record, other] = [bench.record(), bench.record()]
      await bench.put(record)
      await bench.put(other)
      const { seen } = await bench.collect(2)
      await until(async () => (await bench.engine.replay!({ keys: [record.key] })) === 1)
      await until(() => seen.length === 3)
      expectEqual('the key', seen[2]?.record.key, record.key)
      expectEqual('an unknown key', await bench.engine.replay!({ keys: [bench.record().key] }), 0)
    },
  },
  {
    name: 'gives the work of a worker that is gone to another, and ignores its late verdict',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      let thaw!: (verdict: Verdict) => void
      const frozen = new Promise<Verdict>((resolve) => (thaw = resolve))
      // One at a time, for what is frozen asks for nothing more.
      const first = await bench.collect(1, () => frozen, bench.engine, 1)
      const other = await bench.another()
      const second = await bench.collect(
        1,
        () => ({ kind: 'retry', afterMs: 3_600_000, reason: 'held' }),
        other,
      )
      expectEqual('the attempt of the other', second.seen[0]?.attempt.number, 2)
      thaw({ kind: 'dead', reason: 'too late' })
      await Promise.all([first.stop(), second.stop()])
      if (bench.engine.dead) expectEqual('dead letters', (await bench.whenDead(0)).length, 0)
    },
  },
  ...(['retry', 'extension'] as const).map((late): Case => ({
    name: `leaves the work to the one that has it, whatever late ${late} comes from the one before`,
    needs: pulls,
    async run(bench) {
      const { leaseMs } = bench
      await bench.put(bench.record())
      let thaw!: () => void
      const frozen = new Promise<void>((resolve) => (thaw = resolve))
      let thawed = false
      let extended: boolean | undefined
      const former = await bench.collect(
        1,
        async ({ attempt }) => {
          await frozen
          if (late === 'extension') extended = await isExtended(attempt, leaseMs * 10)
          thawed = true
          return { kind: 'retry', afterMs: 0, reason: 'too late' }
        },
        bench.engine,
        1,
      )
      let finish!: () => void
      const finished = new Promise<void>((resolve) => (finish = resolve))
      const holder = await bench.collect(
        1,
        async ({ attempt }) => {
          const extending = setInterval(() => void isExtended(attempt, leaseMs), leaseMs / 4)
          await finished
          clearInterval(extending)
          return { kind: 'ack' }
        },
        await bench.another(),
        1,
      )
      thaw()
      await until(() => thawed)
      await former.stop()
      const third = await bench.work(
        async () => ({ kind: 'dead', reason: 'begun again' }),
        await bench.another(),
      )
      await sleep(leaseMs * 3)
      finish()
      await Promise.all([holder.stop(), third.stop()])
      expectEqual('the attempt of the holder', holder.seen[0]?.attempt.number, 2)
      expectEqual('the runs', former.seen.length + holder.seen.length, 2)
      if (late === 'extension') expectEqual('the late extension', extended, false)
      if (bench.engine.dead) expectEqual('dead letters', (await bench.whenDead(0)).length, 0)
    },
  })),
  {
    name: 'leaves the work to a worker that extends its lease',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      const { leaseMs } = bench
      let ended = false
      const first = await bench.collect(1, async ({ attempt }) => {
        for (let i = 0; i < 6; i++) {
          await sleep(leaseMs / 3)
          await attempt.extend?.(leaseMs)
        }
        ended = true
        return { kind: 'ack' }
      })
      const other = await bench.another()
      const second = await bench.work(async () => ({ kind: 'ack' }), other)
      await until(() => ended)
      await Promise.all([first.stop(), second.stop()])
      expectEqual('the runs', first.seen.length, 1)
    },
  },
  {
    name: 'stops when what is under way has its verdict',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      let finish!: () => void
      const working = new Promise<void>((resolve) => (finish = resolve))
      const worker = await bench.collect(1, async () => {
        await working
        return { kind: 'dead', reason: 'settled while stopping' }
      })
      const stopping = worker.stop()
      finish()
      await stopping
      if (bench.engine.dead) expectEqual('verdicts', (await bench.whenDead(1)).length, 1)
    },
  },
  {
    name: 'works on one order one after the other, as they came, and on others meanwhile',
    needs: ({ capabilities: { order } }) => (order ? undefined : 'It keeps no order'),
    async run(bench) {
      const records = Array.from({ length: 5 }, () => bench.record({ order: 'a' }))
      for (const record of records) await bench.put(record)
      const free = bench.record({ order: 'b' })
      await bench.put(free)
      let failed = false
      const { seen } = await bench.collect(7, async ({ record }) => {
        if (record.key !== records[1]!.key || failed) return { kind: 'ack' }
        failed = true
        return { kind: 'retry', afterMs: 300, reason: 'held up' }
      })
      const inOrder = seen
        .filter(({ record }) => record.order === 'a')
        .map(({ record }) => record.key)
      const expected = [0, 1, 1, 2, 3, 4].map((index) => records[index]!.key)
      expectEqual('the order', inOrder.join(), expected.join())
      expectEqual('the other', seen.filter(({ record }) => record.key === free.key).length, 1)
    },
  },
  {
    name: 'tells what is stale: of an order of which a higher sequence is done',
    needs: ({ capabilities: { sequence } }) => (sequence ? undefined : 'It does not tell'),
    async run(bench) {
      const records = [
        bench.record({ order: 'a', sequence: 1 }),
        bench.record({ order: 'a', sequence: 3 }),
        bench.record({ order: 'a', sequence: 2 }),
        bench.record({ order: 'a', sequence: 3 }),
        bench.record({ order: 'b', sequence: 2 }),
        bench.record({ order: 'a' }),
      ]
      for (const record of records) await bench.put(record)
      const { seen } = await bench.collect(records.length)
      const stale = new Map(seen.map(({ record, attempt }) => [record.key, attempt.stale ?? false]))
      const told = records.map(({ key }) => stale.get(key))
      expectEqual('what is stale', told.join(), 'false,false,true,false,false,false')
    },
  },
  {
    name: 'goes on with what is left when it is opened again',
    needs: ({ capabilities: { durable } }) => (durable === 'memory' ? 'It is memory' : undefined),
    async run(bench) {
      const record = bench.record()
      await bench.put(record)
      await bench.engine.close()
      const other = await bench.another()
      const { seen } = await bench.collect(1, undefined, other)
      expectEqual('the key', seen[0]?.record.key, record.key)
    },
  },
]

/* The bench of a case ---------------------------------------------------------------------------- */

interface Seen {
  readonly record: InboxRecord
  readonly attempt: Attempt
}
type Decide = (seen: Seen) => Verdict | Promise<Verdict>

async function withBench(subject: EngineSubject, run: Case['run']): Promise<void> {
  const bench = new Bench(subject, await subject.create())
  try {
    await bench.engine.open()
    await run(bench)
  } finally {
    await bench.close()
  }
}

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
    const key = base64url(randomBytes(32))
    return {
      key,
      endpoint: 'test',
      receivedAt: 1_700_000_000_123,
      head: '{}',
      body: key2bytes(key),
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
  ) {
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
  async whenDead(count: number) {
    let letters = await listOf(this.engine.dead!())
    await until(async () => (letters = await listOf(this.engine.dead!())).length === count)
    return letters
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close().catch(() => undefined)
  }
}

/** An engine may resolve with false or reject. */
async function isExtended({ extend }: Attempt, ms: number): Promise<boolean> {
  try {
    return (await extend?.(ms)) !== false && extend !== undefined
  } catch {
    return false
  }
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

/* Helpers ---------------------------------------------------------------------------------------- */

const LIMIT_MS = 20_000

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!(await condition())) {
    if (performance.now() > end)
      throw new Error(`Not within ${LIMIT_MS / 1000} s: ${String(condition)}`)
    await sleep(5)
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function expectEqual(what: string, seen: unknown, wanted: unknown): void {
  if (seen === wanted) return
  const text = (value: unknown) => messageOf(value).slice(0, 200)
  throw new Error(`Expected ${what} to be ${text(wanted)}, not ${text(seen)}`)
}

const randomBytes = (length: number) => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')
const key2bytes = (key: string) => new TextEncoder().encode(`{"key":"${key}"}`)
const hex = (bytes: Uint8Array | undefined) =>
  bytes && Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
