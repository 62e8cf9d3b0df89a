import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { afterAll } from 'vitest'
import { sqlite, type SqliteOptions } from 'webhook-target/engines/sqlite'
import { testConformance } from './conformance.ts'

const folder = mkdtempSync(join(tmpdir(), 'sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

function subject(options: SqliteOptions = {}) {
  let file = ''
  return {
    create: async () => sqlite((file = join(folder, `${++count}.db`)), options).engine,
    again: async () => sqlite(file, options).engine,
  }
}

await testConformance('sqlite on node:sqlite', subject())
// An SQLite before 3.51.3, and so without a write-ahead log.
await testConformance('sqlite on libsql', subject({ database: Libsql }))
