/** The file of the sqlite engine, opened beside it by another process: this one. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from './stores.ts'
import { pause } from './waiting.ts'

export function openSqliteStore(file: string): Store {
  return {
    address: file,
    pending: async () =>
      Number(queryFile(file, 'SELECT count(*) AS value FROM inbox WHERE state = 0') ?? 0),
    integrity: async () => (queryFile(file, 'PRAGMA integrity_check') ?? 'ok') as string,
    lock: () => lockFile(file),
    async close() {},
  }
}

/** The one value that a query has; `undefined` if there is no file yet. */
export function queryFile(file: string, sql: string): unknown {
  if (!existsSync(file)) return undefined
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    return Object.values(database.prepare(sql).get() ?? {})[0]
  } finally {
    database.close()
  }
}

/** As a backup does, or somebody with a shell: nobody else can write. */
export async function lockFile(file: string): Promise<() => Promise<void>> {
  const database = new DatabaseSync(file)
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('BEGIN IMMEDIATE')
      break
    } catch (error) {
      if (attempt === 1000) throw error
      await pause(2)
    }
  }
  return async () => {
    database.exec('ROLLBACK')
    database.close()
  }
}
