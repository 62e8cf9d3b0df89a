import type {
  DeadLetter,
  Engine,
  InboxRecord,
  PutOptions,
  ReplayOptions,
  ReplaySelection,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { InboxOptions } from '../inbox/options.ts'
import { MicroBatch } from '../lib/micro-batch.ts'
import { counted, lifetimesOf, named } from './lib/engine-options.ts'
import { toJob } from './lib/pg-boss-job.ts'
import { MAX_RUN_SECONDS, PgBossStore, type Claimed } from './lib/pg-boss-store.ts'
import { AttemptTransaction } from './lib/pg-boss-transaction.ts'
import type { PgBossInstance, PgBossJob } from './lib/pg-boss-types.ts'
import { PullLoop, type Claim, type PullSource } from './lib/pull-loop.ts'

export type { HandlerTransaction } from './lib/pg-boss-transaction.ts'
export type { PgBossInstance } from './lib/pg-boss-types.ts'

export interface PgBossOptions extends InboxOptions {
  /** The queue, which is the inbox's alone; dead letters are in another one, `-dead` behind it. @default webhook-target */
  readonly queue?: string
  /** The schema that the instance was given, if any. @default pgboss */
  readonly schema?: string
  /** Seconds for which the key of what is done is known, and its content kept to be replayed. @default 604800, a week */
  readonly windowSeconds?: number
  /** Seconds for which a dead letter is kept. @default 2592000, 30 days */
  readonly deadSeconds?: number
  /**
   * Gives effects `context.transaction`, a `HandlerTransaction`: what they write with it is committed with the end
   * of their work or not at all, and so exactly once. One that uses it holds a connection of the instance while it
   * works: give the instance a pool (`max`) of a few more than `concurrency`, which is 4 by default then.
   *
   * @default false
   */
  readonly transactional?: boolean
  /** Takes a database that is set to lose commits when its machine does. @default false */
  readonly unsafeVolatileDisk?: boolean
}

const MIB = 1024 ** 2
/** Written as base64 within JSON, which is parsed and stored as a whole. */
const MAX_BODY_BYTES = 32 * MIB
const MAX_BATCH_ITEMS = 100
const MAX_BATCH_BYTES = 4 * MIB
/** Of the lease: how often to look for leases that have ended. */
const SWEEPS_PER_LEASE = 4
const MAX_SWEEP_MS = 5000
/** What an `integer` of PostgreSQL holds. */
const MOST_SECONDS = 2 ** 31 - 1

/**
 * An inbox in PostgreSQL, as jobs of pg-boss 12, for any number of processes.
 *
 * Give the instance a listener for `error`, as pg-boss asks for: without one, a database that is away ends the
 * process. An instance that is not started is started, and stopped with the inbox. Work that takes more than a day is
 * given to another, and all processes need the same `leaseSeconds`. pg-boss deletes what is past its time, so
 * `supervise` must be on in one of its instances, as it is by default.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`; `open`, and so `serve`, rejects for a database or a queue that is not fit
 * @example
 * const boss = new PgBoss(connectionString)
 * boss.on('error', console.error)
 * createWebhookHandler({ provider: github({ secret }), inbox: pgBoss(boss), on })
 * @see https://pgboss.io/api/constructor
 */
export function pgBoss(boss: PgBossInstance, options: PgBossOptions = {}): EngineInbox {
  const engine = new PgBossEngine(boss, options)
  return createInbox(engine, options.transactional ? { concurrency: 4, ...options } : options)
}

interface Put {
  readonly job: PgBossJob
  readonly bytes: number
}

interface PgBossClaim extends Claim {
  readonly claimed: Claimed
}

class PgBossEngine implements Engine, PullSource<PgBossClaim> {
  readonly name = 'pg-boss'
  readonly capabilities: Engine['capabilities']
  readonly #boss: PgBossInstance
  readonly #options: PgBossOptions
  readonly #store: PgBossStore
  readonly #puts: MicroBatch<Put, 'stored' | 'duplicate'>
  /** What is in work, by its key, as it was claimed last. */
  readonly #claimed = new Map<string, Claimed>()
  /** Verdicts that were written with what the effects wrote. */
  readonly #committed = new WeakSet<Verdict>()
  #started = false
  #loop: PullLoop<PgBossClaim> | undefined
  #nextSweep = 0

  constructor(boss: PgBossInstance, options: PgBossOptions) {
    this.#boss = boss
    this.#options = options
    const ordered = options.order !== undefined
    const lifetimes = lifetimesOf(options)
    const windowSeconds = counted(lifetimes.windowSeconds, MOST_SECONDS)
    const { queue = 'webhook-target', schema = 'pgboss' } = options
    this.#store = new PgBossStore(boss, {
      queue: named('queue', queue, /^[\w.\-/]+$/, 'a name of letters, digits and _ . - /'),
      schema: named('schema', schema, /^[a-z_]\w*$/i, 'the name of a schema'),
      ordered,
      windowSeconds,
      deadSeconds: counted(lifetimes.deadSeconds, MOST_SECONDS),
    })
    this.#puts = new MicroBatch({
      write: (puts) => this.#store.put(puts.map(({ job }) => job)),
      isOfOne: isDataError,
      maxItems: MAX_BATCH_ITEMS,
      maxWeight: MAX_BATCH_BYTES,
      weigh: ({ bytes }) => bytes,
    })
    this.capabilities = {
      durable: options.unsafeVolatileDisk ? 'memory' : 'disk',
      dedupe: { windowSeconds, tells: true },
      maxBytes: MAX_BODY_BYTES,
      retryAfter: 'exact',
      maxRunSeconds: MAX_RUN_SECONDS,
      order: ordered,
    }
  }

  async open(): Promise<void> {
    const database = this.#boss.getDb()
    if (!database.beginTransaction) {
      throw new Error(
        'The database of the PgBoss instance needs beginTransaction(), as its own has',
      )
    }
    this.#started ||= database.opened === false
    await this.#boss.start()
    if (!this.#options.unsafeVolatileDisk) await this.#checkDurability()
    await this.#store.createQueues()
  }

  async put(record: InboxRecord, { signal }: PutOptions = {}): Promise<'stored' | 'duplicate'> {
    const job = toJob(record, this.capabilities.order)
    const put = await this.#puts.add({ job, bytes: record.body.length }, signal)
    this.#loop?.wake()
    return put
  }

  async work(run: Run, options: WorkOptions): Promise<Worker> {
    const running = this.#options.transactional ? this.#transactional(run) : run
    return (this.#loop = new PullLoop(this, running, options))
  }

  async claim(limit: number, leaseMs: number): Promise<readonly PgBossClaim[]> {
    if (performance.now() >= this.#nextSweep) {
      this.#nextSweep = performance.now() + Math.min(MAX_SWEEP_MS, leaseMs / SWEEPS_PER_LEASE)
      await this.#store.expire(leaseMs)
    }
    const claims = await this.#store.claim(limit)
    for (const claimed of claims) this.#claimed.set(claimed.record.key, claimed)
    return claims.map((claimed) => ({
      claimed,
      record: claimed.record,
      attempt: { number: claimed.attempt.retryCount + 1, extend: () => this.#extend(claimed) },
    }))
  }

  async settle({ claimed }: PgBossClaim, verdict: Verdict): Promise<void> {
    this.#claimed.delete(claimed.record.key)
    if (!this.#committed.has(verdict)) await this.#store.settle(claimed, verdict)
  }

  /** Not known without asking: it polls. */
  untilDue(): undefined {
    return undefined
  }

  dead(): AsyncIterable<DeadLetter> {
    return this.#store.dead()
  }

  async replay(selection: ReplaySelection, options: ReplayOptions = {}): Promise<number> {
    const count = await this.#store.replay(selection, options)
    this.#loop?.wake()
    return count
  }

  async close(): Promise<void> {
    await this.#puts.idle()
    if (this.#started) await this.#boss.stop()
    this.#started = false
  }

  #transactional(run: Run): Run {
    return async (record, attempt) => {
      const { key } = record
      const transaction = new AttemptTransaction(
        () => this.#store.begin(),
        (db) => this.#store.complete(this.#claimed.get(key)!.attempt, db),
      )
      const commit = () => transaction.commit()
      const verdict = { ...(await run(record, { ...attempt, transaction, commit })) }
      if (await transaction.end()) this.#committed.add(verdict)
      return verdict
    }
  }

  /** By the lease that it was given, which is what the other processes wait for. */
  #extend({ attempt }: Claimed): Promise<boolean> {
    return this.#store.touch(attempt)
  }

  /** @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-SETTINGS */
  async #checkDurability(): Promise<void> {
    const { rows } = await this.#boss.getDb().executeSql(
      `SELECT name FROM pg_settings
       WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`,
    )
    const [off] = rows as readonly { readonly name: string }[]
    if (!off) return
    throw new Error(
      `The inbox can't be used: ${off.name} is off in the database, which may lose what was acknowledged. unsafeVolatileDisk: true takes it all the same`,
    )
  }
}

/** Of the SQLSTATE classes for bad data, broken constraints and exceeded limits. */
function isDataError(error: unknown): boolean {
  return /^(22|23|54)\w{3}$/.test(String((error as { code?: unknown } | undefined)?.code))
}
