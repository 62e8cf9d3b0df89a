import { builtinModule } from '../../lib/builtin.ts'

export type SqliteValue = string | number | null | Uint8Array
export type SqliteRow = Readonly<Record<string, unknown>>

export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  /** `undefined` or `null` for no row, depending on the binding. */
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): readonly unknown[]
}

/** The part of a synchronous binding in use: `node:sqlite`, `bun:sqlite`, `better-sqlite3` and `libsql` all have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

export type SqliteDatabaseClass = new (file: string) => SqliteDatabase

/**
 * The binding that comes with the runtime, else one that is installed. None is imported statically: a bundle
 * takes none along, and none is asked of those who don't use it.
 */
export async function findDatabaseClass(): Promise<SqliteDatabaseClass> {
  if ('Bun' in globalThis) return (await load('bun:sqlite'))['Database'] as SqliteDatabaseClass
  const node = builtinModule('node:sqlite') as { DatabaseSync: SqliteDatabaseClass } | undefined
  if (node) return node.DatabaseSync
  for (const name of ['better-sqlite3', 'libsql']) {
    const found = await load(name).catch(() => undefined)
    if (found) return found['default'] as SqliteDatabaseClass
  }
  throw new Error('This runtime has no SQLite, and neither better-sqlite3 nor libsql is installed')
}

/** By a name that no bundler follows. */
function load(name: string): Promise<Record<string, unknown>> {
  return import(name) as Promise<Record<string, unknown>>
}

export type SqliteFailure = 'busy' | 'full' | 'io' | 'other'

/** Primary result codes (https://sqlite.org/rescode.html), which only node:sqlite gives as numbers. */
const FAILURES: readonly (readonly [code: number, name: RegExp, kind: SqliteFailure])[] = [
  [5, /^SQLITE_BUSY/, 'busy'],
  [6, /^SQLITE_LOCKED/, 'busy'],
  [10, /^SQLITE_IOERR/, 'io'],
  [11, /^SQLITE_CORRUPT/, 'io'],
  [13, /^SQLITE_FULL/, 'full'],
  [14, /^SQLITE_CANTOPEN/, 'io'],
]

/** What a binding's error means for what comes next. */
export function failureOf(error: unknown): SqliteFailure {
  const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown }
  const primary = typeof errcode === 'number' ? errcode & 0xff : -1
  const found = FAILURES.find(([number, name]) => number === primary || name.test(String(code)))
  return found ? found[2] : 'other'
}
