import { configurationError } from '../errors.ts'
import type { KeyClaim, KeyRelease, KeyStore, KeyTimes } from '../inbox/keys.ts'

/** A pool or a client of `pg`, or whatever queries like one. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

export interface PostgresKeysOptions {
  /**
   * The table, created if there is none; a schema may precede it. Where it is there, SELECT, INSERT, UPDATE and DELETE
   * are enough.
   *
   * @default webhook_target_keys
   */
  readonly table?: string
}

const SWEEP_MS = 60_000
/** In one sweep: few enough for it to be quick. */
const SWEEP_ROWS = 500
const UNDEFINED_TABLE = '42P01'
/** Two processes that create the same table at once: one of them is refused. */
const CREATED_MEANWHILE = ['23505', '42P07', '42710']

/**
 * Remembers in a table of PostgreSQL which records were worked on. All times are of the database's clock. Give it a
 * pool: a client of its own is gone with its connection.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @example
 * pubsub({ topic, keys: postgresKeys(new Pool()) })
 * @see https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
 */
export function postgresKeys(client: PostgresClient, options: PostgresKeysOptions = {}): KeyStore {
  return new PostgresKeys(client, tableName(options.table ?? 'webhook_target_keys'))
}

interface ClaimRow {
  readonly state: 'claimed' | 'done' | 'busy'
  readonly attempt: number
  readonly given_up: string | null
}

/** The time that is as many milliseconds from now as this parameter says. */
const after = (parameter: string) => `now() + ${parameter}::float8 * interval '1 millisecond'`

class PostgresKeys implements KeyStore {
  readonly #client: PostgresClient
  readonly #table: string
  #nextSweep = 0

  constructor(client: PostgresClient, table: string) {
    this.#client = client
    this.#table = table
  }

  async claim(key: string, { leaseMs, keepMs }: KeyTimes): Promise<KeyClaim | 'done' | 'busy'> {
    const fence = crypto.randomUUID()
    const rows = await this.#query(
      `WITH claimed AS (
         INSERT INTO ${this.#table} AS known (key, attempt, fence, leased_until, kept_until)
         VALUES ($1, 1, $2, ${after('$3')}, ${after('$4')})
         ON CONFLICT (key) DO UPDATE SET
           attempt = CASE WHEN known.kept_until > now() THEN known.attempt ELSE 0 END + 1,
           given_up = CASE WHEN known.kept_until > now() THEN known.given_up END,
           fence = excluded.fence, done = false,
           leased_until = excluded.leased_until, kept_until = excluded.kept_until
           WHERE known.kept_until <= now() OR NOT known.done AND known.leased_until <= now()
         RETURNING attempt, given_up)
       SELECT 'claimed' AS state, attempt, given_up FROM claimed
       UNION ALL
       SELECT CASE WHEN done THEN 'done' ELSE 'busy' END, attempt, NULL FROM ${this.#table}
         WHERE key = $1 AND kept_until > now() AND NOT EXISTS (SELECT FROM claimed)`,
      [key, fence, leaseMs, leaseMs + keepMs],
    )
    const [row] = rows as readonly ClaimRow[]
    // None: another has taken it since this statement began.
    if (row?.state !== 'claimed') return row?.state ?? 'busy'
    const { attempt, given_up: givenUp } = row
    return { key, fence, attempt, ...(givenUp !== null && { givenUp }) }
  }

  async extend(claim: KeyClaim, leaseMs: number): Promise<boolean> {
    const rows = await this.#update(
      claim,
      `leased_until = ${after('$3')}, kept_until = greatest(kept_until, ${after('$3')})`,
      [leaseMs],
    )
    return rows.length > 0
  }

  async done(claim: KeyClaim, keepMs: number): Promise<void> {
    const set = `done = true, fence = NULL, given_up = NULL, kept_until = ${after('$3')}`
    await this.#update(claim, set, [keepMs])
    if (performance.now() >= this.#nextSweep) await this.#sweep()
  }

  async release(claim: KeyClaim, { keepMs, givenUp }: KeyRelease): Promise<void> {
    const set = `fence = NULL, leased_until = '-infinity', kept_until = ${after('$3')}, given_up = $4`
    // A text of PostgreSQL holds all but this.
    await this.#update(claim, set, [keepMs, givenUp?.replaceAll('\0', '')])
  }

  async forget(key: string): Promise<void> {
    await this.#query(`DELETE FROM ${this.#table} WHERE key = $1`, [key])
  }

  /** Does nothing for one who has the key no more. */
  async #update({ key, fence }: KeyClaim, set: string, values: readonly unknown[]) {
    const text = `UPDATE ${this.#table} SET ${set} WHERE key = $1 AND fence = $2 RETURNING key`
    return await this.#query(text, [key, fence, ...values])
  }

  /** Forgets a batch of what is past its time. It is no matter if it fails: another follows. */
  async #sweep(): Promise<void> {
    this.#nextSweep = performance.now() + SWEEP_MS
    const swept = this.#query(
      `DELETE FROM ${this.#table} WHERE key IN (
         SELECT key FROM ${this.#table} WHERE kept_until <= now()
         ORDER BY kept_until LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED)
       RETURNING key`,
      [],
    )
    const rows = await swept.catch(() => [])
    if (rows.length === SWEEP_ROWS) this.#nextSweep = 0
  }

  /** Creates the table where it is missing, and only there: who may use one may not be allowed to. */
  async #query(text: string, values: unknown[]): Promise<readonly unknown[]> {
    const query = async () => (await this.#client.query(text, values)).rows
    try {
      return await query()
    } catch (error) {
      if (codeOf(error) !== UNDEFINED_TABLE) throw error
      await this.#create()
      return await query()
    }
  }

  async #create(): Promise<void> {
    try {
      await this.#client.query(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (
           key text PRIMARY KEY,
           attempt integer NOT NULL,
           fence text,
           given_up text,
           done boolean NOT NULL DEFAULT false,
           leased_until timestamptz NOT NULL,
           kept_until timestamptz NOT NULL)`,
      )
      const name = this.#table.split('.').at(-1)
      await this.#client.query(
        `CREATE INDEX IF NOT EXISTS ${name}_kept_until ON ${this.#table} (kept_until)`,
      )
    } catch (error) {
      if (!CREATED_MEANWHILE.includes(codeOf(error))) throw error
    }
  }
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code)

/** It is written into the statements as it is. */
function tableName(table: string): string {
  if (/^[a-z_]\w*(\.[a-z_]\w*)?$/i.test(table)) return table
  throw configurationError('ERR_OPTION_INVALID', `table is the name of a table, not ${table}`)
}
