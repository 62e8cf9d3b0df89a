import type {
  DeadLetter,
  InboxRecord,
  ReplayOptions,
  ReplaySelection,
  Verdict,
} from '../../inbox/engine.ts'
import { MicroBatch } from '../../lib/micro-batch.ts'
import { jobId, toJob, toRecord } from './pg-boss-job.ts'
import type {
  PgBossAttempt,
  PgBossDatabase,
  PgBossInstance,
  PgBossJob,
  PgBossTransaction,
} from './pg-boss-types.ts'

export interface StoreOptions {
  readonly queue: string
  readonly schema: string
  /** Whether jobs of the same order wait for each other. */
  readonly ordered: boolean
  readonly windowSeconds: number
  readonly deadSeconds: number
}

export interface Claimed {
  readonly record: InboxRecord
  readonly attempt: PgBossAttempt
}

interface Row {
  readonly id: string
  readonly name: string
  readonly data: unknown
  readonly retry_count: number
  readonly place: string
  readonly at: string
}

/** What is still to be done must not be deleted for its age. */
const TEN_YEARS_SECONDS = 3650 * 86_400
/** The verdict says when it is enough. */
const NO_RETRY_LIMIT = 1_000_000
const PAGE = 100

/**
 * The jobs. They are written by the methods of pg-boss alone; read, where it has no method for it, from its table
 * `job`, whose partitions are all queues.
 */
export class PgBossStore {
  readonly #boss: PgBossInstance
  readonly #options: StoreOptions
  readonly #queue: string
  /** Where dead letters are: copies of jobs that are done. */
  readonly #dead: string
  readonly #table: string
  readonly #acks = new MicroBatch<PgBossAttempt, unknown>({
    write: (attempts) => this.#acknowledge(attempts),
    isOfOne: () => false,
    maxItems: PAGE,
    maxWeight: PAGE,
    weigh: () => 1,
  })

  constructor(boss: PgBossInstance, options: StoreOptions) {
    this.#boss = boss
    this.#options = options
    this.#queue = options.queue
    this.#dead = `${options.queue}-dead`
    this.#table = `${options.schema}.job`
  }

  /** Creates the queues, or brings their options up to date. */
  async createQueues(): Promise<void> {
    const { ordered, windowSeconds, deadSeconds } = this.#options
    const policy = ordered ? 'key_strict_fifo' : 'standard'
    await this.#createQueue(this.#dead, 'standard', { retentionSeconds: deadSeconds })
    await this.#createQueue(this.#queue, policy, {
      deleteAfterSeconds: windowSeconds,
      retentionSeconds: TEN_YEARS_SECONDS,
      retryLimit: NO_RETRY_LIMIT,
      retryDelay: 0,
      retryBackoff: false,
      expireInSeconds: MAX_RUN_SECONDS,
    })
    const queue = await this.#boss.getQueue(this.#queue)
    if (queue?.policy !== policy) {
      throw new Error(
        `The queue ${this.#queue} has the policy ${queue?.policy}, and ${ordered ? 'with' : 'without'} "order" it has to be ${policy}, which can't be changed: name another "queue"`,
      )
    }
    await this.#lapsed(this.#boss.getDb(), 0) // whether the schema is the right one
  }

  async #createQueue(name: string, policy: string, options: object): Promise<void> {
    await this.#boss.createQueue(name, { policy, ...options })
    await this.#boss.updateQueue(name, options)
  }

  /** In one transaction; those of one order in one each, for its time tells their places. */
  async put(jobs: readonly PgBossJob[]): Promise<readonly ('stored' | 'duplicate')[]> {
    const left = new Map(jobs.map((job) => [job.id, job])) // it refuses two of one id
    const stored = new Set<string>()
    while (left.size > 0) {
      const batch = new Map<string, PgBossJob>()
      for (const job of left.values()) {
        const place = job.singletonKey ?? job.id
        if (!batch.has(place)) batch.set(place, job)
      }
      for (const { id } of batch.values()) left.delete(id)
      for (const id of await this.#insert(this.#queue, [...batch.values()])) stored.add(id)
    }
    return jobs.map(({ id }) => (stored.delete(id) ? 'stored' : 'duplicate'))
  }

  /** Counts the attempt. */
  async claim(limit: number): Promise<readonly Claimed[]> {
    const jobs = await this.#boss.fetch(this.#queue, { batchSize: limit })
    return jobs.flatMap(({ id, retryCount, data }) => {
      const record = toRecord(data)
      return record ? [{ record, attempt: { id, retryCount } }] : []
    })
  }

  /** Does nothing if the work has been taken away. */
  async settle({ record, attempt }: Claimed, verdict: Verdict): Promise<void> {
    if (verdict.kind === 'ack') {
      await this.#acks.add(attempt)
    } else if (verdict.kind === 'retry') {
      await this.#transaction((db) => this.#retry(attempt, verdict, db))
    } else {
      await this.#transaction((db) => this.#bury({ record, attempt }, verdict.reason, db))
    }
  }

  /** False if the work has been taken away. */
  async complete(attempt: PgBossAttempt, db: PgBossDatabase): Promise<boolean> {
    return hasAffected(await this.#boss.complete(this.#queue, attempt, null, { db }))
  }

  /** Renews the lease. False if the work has been taken away. */
  async touch(attempt: PgBossAttempt): Promise<boolean> {
    return hasAffected(await this.#boss.touch(this.#queue, attempt))
  }

  /**
   * Puts back what nobody has touched for so long. pg-boss does so too, but as often as its instance is set to, by
   * default once a minute, and for a heartbeat of 10 s or more.
   */
  async expire(leaseMs: number): Promise<void> {
    if ((await this.#lapsed(this.#boss.getDb(), leaseMs)).length === 0) return
    await this.#transaction(async (db) => {
      const rows = await this.#lapsed(db, leaseMs, 'FOR UPDATE SKIP LOCKED')
      if (rows.length === 0) return
      const attempts = rows.map((row) => ({ id: row.id, retryCount: row.retry_count }))
      await this.#boss.fail(this.#queue, attempts, { reason: 'Its lease has ended' }, { db })
    })
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    // By the place of the last one seen: the set changes while it is read.
    let [place, id] = ['-infinity', '00000000-0000-0000-0000-000000000000']
    for (;;) {
      const rows = await this.#rows(
        this.#boss.getDb(),
        `SELECT id, data, created_on::text AS place,
                floor(extract(epoch FROM created_on) * 1000)::text AS at
         FROM ${this.#table} WHERE name = $1 AND (created_on, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_on, id LIMIT ${PAGE}`,
        [this.#dead, place, id],
      )
      for (const row of rows) {
        ;({ place, id } = row)
        const record = toRecord(row.data)
        if (record) yield { record, reason: reasonOf(row.data), at: Number(row.at) }
      }
      if (rows.length < PAGE) return
    }
  }

  async replay(selection: ReplaySelection, options: ReplayOptions): Promise<number> {
    const database = this.#boss.getDb()
    const [began] = await this.#rows(database, 'SELECT now()::text AS place', [])
    const page = this.#options.ordered ? 1 : PAGE // as in put()
    const [condition, value] = conditionOf(selection)
    const select = `SELECT id, name, data FROM ${this.#table}
      WHERE (name = $1 OR name = $2 AND state = 'completed') AND ${condition} AND created_on < $4
      ORDER BY created_on, id LIMIT ${page} FOR UPDATE`
    const values = [this.#dead, 'dead' in selection ? null : this.#queue, value, began!.place]
    let count = 0
    for (;;) {
      const revived = await this.#transaction(async (db) => {
        const rows = await this.#rows(db, select, values)
        return rows.length > 0 ? this.#revive(rows, options, db) : undefined
      })
      if (revived === undefined) return count
      count += revived
    }
  }

  begin(): Promise<PgBossTransaction> {
    return this.#boss.getDb().beginTransaction!()
  }

  async #acknowledge(attempts: readonly PgBossAttempt[]): Promise<readonly unknown[]> {
    await this.#boss.complete(this.#queue, [...attempts], null, {})
    return attempts
  }

  async #retry(
    attempt: PgBossAttempt,
    { afterMs, reason }: Verdict & { kind: 'retry' },
    db: PgBossDatabase,
  ): Promise<void> {
    const failed = await this.#boss.fail(this.#queue, attempt, reasonData(reason), { db })
    if (!hasAffected(failed)) return
    const startAfter = Math.ceil(afterMs) / 1000
    await this.#boss.update(this.#queue, undefined, { id: attempt.id, startAfter, db })
  }

  /** It stays in its own queue as done, so that its key is known. */
  async #bury({ record, attempt }: Claimed, reason: string, db: PgBossDatabase): Promise<void> {
    const completed = await this.#boss.complete(this.#queue, attempt, reasonData(reason), { db })
    if (!hasAffected(completed)) return
    const { id, data } = toJob(record, false)
    // If it was there before, its key has outlived its window: it is replaced.
    await this.#boss.deleteJob(this.#dead, [id], { db })
    await this.#insert(this.#dead, [{ id, data: { ...data, ...reasonData(reason) } }], db)
  }

  /** Jobs begin anew, for pg-boss has no way to have their attempts counted from 1 again. */
  async #revive(
    rows: readonly Row[],
    { before }: ReplayOptions,
    db: PgBossDatabase,
  ): Promise<number> {
    const records = new Map(rows.map(({ id, data }) => [id, toRecord(data)]))
    // Nobody works on them before the end of the transaction.
    await before?.([...records.values()].flatMap((record) => record?.key ?? []))
    const ids = [...records.keys()]
    const done = await this.#rows(
      db,
      `SELECT id FROM ${this.#table}
       WHERE name = $1 AND state = 'completed' AND id = ANY($2::uuid[]) FOR UPDATE`,
      [this.#queue, ids],
    )
    const doneIds = done.map(({ id }) => id)
    if (doneIds.length > 0) await this.#boss.deleteJob(this.#queue, doneIds, { db })
    await this.#boss.deleteJob(this.#dead, ids, { db })
    const jobs = [...records.values()].flatMap((record) =>
      record ? [toJob(record, this.#options.ordered)] : [],
    )
    return (await this.#insert(this.#queue, jobs, db)).length
  }

  /** The ids of those that were not there yet. */
  async #insert(
    queue: string,
    jobs: readonly PgBossJob[],
    db?: PgBossDatabase,
  ): Promise<readonly string[]> {
    const options = { returnId: true, ...(db && { db }) } as const
    return (await this.#boss.insert(queue, [...jobs], options)) ?? []
  }

  #lapsed(db: PgBossDatabase, leaseMs: number, lock = ''): Promise<readonly Row[]> {
    return this.#rows(
      db,
      `SELECT id, retry_count FROM ${this.#table} WHERE name = $1 AND state = 'active'
       AND heartbeat_on < now() - $2::float8 * interval '1 millisecond' LIMIT ${PAGE} ${lock}`,
      [this.#queue, leaseMs],
    )
  }

  async #rows(db: PgBossDatabase, text: string, values: unknown[]): Promise<readonly Row[]> {
    return (await db.executeSql(text, values)).rows as readonly Row[]
  }

  async #transaction<Value>(run: (db: PgBossDatabase) => Promise<Value>): Promise<Value> {
    const transaction = await this.begin()
    try {
      const value = await run(transaction.db)
      await transaction.commit()
      return value
    } catch (error) {
      await transaction.rollback()
      throw error
    }
  }
}

/** The longest that pg-boss lets a job be in work. */
export const MAX_RUN_SECONDS = 86_400

/** What its type does not tell: https://pgboss.io/api/jobs#complete-name-id-data-options */
const hasAffected = (response: object) => ((response as { affected?: number }).affected ?? 0) > 0

/** As JSON: messages may quote a payload. */
const reasonData = (reason: string) => ({ reason: JSON.stringify(reason) })

function reasonOf(json: unknown): string {
  const data = (typeof json === 'string' ? JSON.parse(json) : json) as { readonly reason?: string }
  return data.reason === undefined ? '' : (JSON.parse(data.reason) as string)
}

/** What the third value of a query is compared with. */
function conditionOf(selection: ReplaySelection): readonly [condition: string, value: unknown] {
  if ('dead' in selection) return ['$3::text IS NULL', null]
  if ('since' in selection) {
    return [`(data->>'receivedAt')::float8 >= $3::float8`, selection.since]
  }
  return ['id = ANY($3::uuid[])', selection.keys.flatMap((key) => jobId(key) ?? [])]
}
