import { configurationError } from '../errors.ts'
import type { KeyStore } from '../inbox/keys.ts'

/** A pool or a client of `pg`, or whatever queries like one. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

export interface PostgresKeysOptions {
  /** The table, created if there is none; a schema may precede it. @default webhook_target_keys */
  readonly table?: string
}

const SWEEP_MS = 60_000
/** In one sweep: few enough for it to be quick. */
const SWEEP_ROWS = 500
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

class PostgresKeys implements KeyStore {
  readonly #client: PostgresClient
  readonly #table: string
  #created: Promise<void> | undefined
  #nextSweep = 0

  constructor(client: PostgresClient, table: string) {
    this.#client = client
    this.#table = table
  }

  async claim(key: string, leaseMs: number): Promise<'claimed' | 'done' | 'busy'> {
    const rows = await this.#query(
      `WITH claimed AS (
         INSERT INTO ${this.#table} AS known (key, done, until)
         VALUES ($1, false, now() + $2::float8 * interval '1 millisecond')
         ON CONFLICT (key) DO UPDATE SET done = false, until = excluded.until
           WHERE known.until <= now()
         RETURNING key)
       SELECT 'claimed' AS state FROM claimed
       UNION ALL
       SELECT CASE WHEN done THEN 'done' ELSE 'busy' END FROM ${this.#table}
         WHERE key = $1 AND until > now() AND NOT EXISTS (SELECT FROM claimed)`,
      [key, leaseMs],
    )
    // None: another has taken it since this statement began.
    const [row] = rows as readonly { readonly state: 'claimed' | 'done' | 'busy' }[]
    return row?.state ?? 'busy'
  }

  async done(key: string, keepMs: number): Promise<void> {
    await this.#query(
      `INSERT INTO ${this.#table} (key, done, until)
       VALUES ($1, true, now() + $2::float8 * interval '1 millisecond')
       ON CONFLICT (key) DO UPDATE SET done = true, until = excluded.until`,
      [key, keepMs],
    )
    if (performance.now() >= this.#nextSweep) await this.#sweep()
  }

  async release(key: string): Promise<void> {
    await this.#query(`DELETE FROM ${this.#table} WHERE key = $1 AND NOT done`, [key])
  }

  /** Forgets a batch of what is past its time. It is no matter if it fails: another follows. */
  async #sweep(): Promise<void> {
    this.#nextSweep = performance.now() + SWEEP_MS
    const swept = this.#query(
      `DELETE FROM ${this.#table} WHERE key IN (
         SELECT key FROM ${this.#table} WHERE until <= now()
         ORDER BY until LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED)
       RETURNING key`,
      [],
    )
    const rows = await swept.catch(() => [])
    if (rows.length === SWEEP_ROWS) this.#nextSweep = 0
  }

  async #query(text: string, values: unknown[]): Promise<readonly unknown[]> {
    await (this.#created ??= this.#create())
    return (await this.#client.query(text, values)).rows
  }

  async #create(): Promise<void> {
    try {
      await this.#client.query(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (
           key text PRIMARY KEY, done boolean NOT NULL, until timestamptz NOT NULL)`,
      )
      const name = this.#table.split('.').at(-1)
      await this.#client.query(`CREATE INDEX IF NOT EXISTS ${name}_until ON ${this.#table} (until)`)
    } catch (error) {
      this.#created = undefined
      if (!CREATED_MEANWHILE.includes(String((error as { code?: unknown }).code))) throw error
    }
  }
}

/** It is written into the statements as it is. */
function tableName(table: string): string {
  if (/^[a-z_]\w*(\.[a-z_]\w*)?$/i.test(table)) return table
  throw configurationError('ERR_OPTION_INVALID', `table is the name of a table, not ${table}`)
}
