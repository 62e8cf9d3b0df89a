import type { MachineClock } from './machine-clock.ts'
import { isAlive, ownMark } from './process-mark.ts'
import type { SqliteDatabase, SqliteRow } from './sqlite-binding.ts'

/** 'whtg': tells our files from anybody's. */
const APPLICATION_ID = 0x77687467
const VERSION = 2

/** States of a row. What is in work is `todo` with a fence, until `due`. */
export const TODO = 0
export const DONE = 1
export const DEAD = 2

const TABLES = `
CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT ${TODO},
  due INTEGER NOT NULL,
  fence TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  head TEXT NOT NULL,
  body BLOB,
  ordering TEXT,
  sequence INTEGER,
  waits INTEGER NOT NULL DEFAULT 0,
  reason TEXT
);
CREATE INDEX inbox_due ON inbox (due) WHERE state = ${TODO} AND waits = 0;
CREATE INDEX inbox_settled ON inbox (state, changed) WHERE state <> ${TODO};
CREATE INDEX inbox_content ON inbox (changed) WHERE state = ${DONE} AND body IS NOT NULL;
CREATE INDEX inbox_keys ON inbox (changed) WHERE state = ${DONE} AND body IS NULL;
CREATE INDEX inbox_ordering ON inbox (ordering, seq) WHERE state = ${TODO} AND ordering IS NOT NULL;
CREATE INDEX inbox_sequence ON inbox (ordering, sequence) WHERE state <> ${TODO} AND sequence IS NOT NULL;
CREATE TABLE inbox_places (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox_indexed (place INTEGER NOT NULL);
INSERT INTO inbox_indexed VALUES (0);
CREATE TABLE clock (boot TEXT NOT NULL, offset INTEGER NOT NULL, holder TEXT);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`

/**
 * Two connections can corrupt a database in WAL mode below this version (the "WAL-reset bug", fixed in 3.51.3).
 * Rollback journals are not concerned.
 */
const SAFE_WAL = [3, 51, 3] as const

/** Milliseconds that the binding may block the event loop for another process. */
const BUSY_TIMEOUT_MS = 20

/** Twice the default: of deliveries of some kilobytes more fit into each, and less of the room in between is lost. */
export const PAGE_BYTES = 8192

/** Every commit is on the disk when it returns: `NORMAL` would not sync those of a WAL. */
export function configure(database: SqliteDatabase): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  const version = String(first(database, 'SELECT sqlite_version() AS value')).split('.').map(Number)
  const journal = isBefore(version, SAFE_WAL) ? 'TRUNCATE' : 'WAL'
  database.exec(`PRAGMA page_size = ${PAGE_BYTES}`) // of a file that is new
  database.prepare(`PRAGMA journal_mode = ${journal}`).all()
  database.exec('PRAGMA synchronous = FULL')
}

function isBefore(version: readonly number[], limit: readonly number[]): boolean {
  const at = limit.findIndex((part, index) => part !== version[index])
  return at >= 0 && (version[at] ?? 0) < limit[at]!
}

/** Creates the tables in a new file. @throws {Error} for a file that is not ours, or of a later version */
export function migrate(database: SqliteDatabase): void {
  if (!isOurs(database)) database.exec(TABLES)
}

/** False if there is nothing in it yet. */
function isOurs(database: SqliteDatabase): boolean {
  const application = Number(first(database, 'PRAGMA application_id'))
  const version = Number(first(database, 'PRAGMA user_version'))
  const isNew = Number(first(database, 'SELECT count(*) AS value FROM sqlite_schema')) === 0
  if (isNew) return false
  if (application !== APPLICATION_ID) throw new Error('It is a database of another program')
  if (version !== VERSION) {
    throw new Error(`Its tables have version ${version}, and this release knows ${VERSION}`)
  }
  return true
}

/**
 * Reads all of the file, if the machine or the last process that opened it went down: seconds for a gigabyte, so not
 * in a transaction that others wait for.
 *
 * @throws {Error} for a file that is damaged, is not ours, or of a later version
 */
export function checkAfterFailure(database: SqliteDatabase, { boot }: MachineClock): void {
  if (!isOurs(database)) return
  const last = database.prepare('SELECT boot, holder FROM clock').get() as SqliteRow | undefined
  const holder = (last?.['holder'] ?? null) as string | number | null
  // Where nobody can tell one start of the machine from another, a number may be that of another process.
  const wasLeft = holder !== null && !(boot !== 'unknown' && isAlive(String(holder)))
  if (last?.['boot'] === boot && !wasLeft) return
  const problem = first(database, 'PRAGMA quick_check(1)')
  if (problem !== 'ok') throw new Error(`It is damaged: ${String(problem)}`)
}

/** Marks the file as open, until `release`. */
export function hold(database: SqliteDatabase): void {
  database.prepare('UPDATE clock SET holder = ?').run(ownMark())
}

export function release(database: SqliteDatabase): void {
  database.prepare('UPDATE clock SET holder = NULL WHERE holder = ?').run(ownMark())
}

/**
 * Sets the clock of the file: wall time when the machine's first process opened it, carried on by the machine's own
 * count. It never goes back. What was in work when the machine went down is due at once.
 *
 * @returns what to add to the machine's count
 */
export function setClock(database: SqliteDatabase, clock: MachineClock): number {
  const { boot } = clock
  const before = database.prepare('SELECT boot, offset FROM clock').get() as SqliteRow | undefined
  if (before && before['boot'] === boot && boot !== 'unknown') return Number(before['offset'])
  const latest = Number(first(database, 'SELECT coalesce(max(changed), 0) AS value FROM inbox'))
  const now = clock.now()
  const offset = Math.max(boot === 'unknown' ? now : Date.now(), latest) - now
  database.exec('DELETE FROM clock')
  database.prepare('INSERT INTO clock (boot, offset) VALUES (?, ?)').run(boot, offset)
  // Where nobody can tell one start of the machine from another, other processes may be at it.
  if (boot !== 'unknown') {
    database.exec(`UPDATE inbox SET due = 0 WHERE state = ${TODO} AND fence IS NOT NULL`)
  }
  return offset
}

/**
 * Brings what is in the log to the disk, and empties it.
 *
 * @returns false if another process is in the way
 */
export function checkpoint(database: SqliteDatabase): boolean {
  return Number(first(database, 'PRAGMA wal_checkpoint(TRUNCATE)')) === 0
}

/** The one value that a query has, or the first of several. */
export function first(database: SqliteDatabase, sql: string): unknown {
  return Object.values(database.prepare(sql).get() as SqliteRow)[0]
}
