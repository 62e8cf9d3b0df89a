/** SQLite inboxes to test with, and what is in their files. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, onTestFinished } from 'vitest'
import { sqlite, type SqliteOptions } from 'webhook-target/engines/sqlite'
import type { InboxRecord } from 'webhook-target/inbox'

export const folder = mkdtempSync(join(tmpdir(), 'sqlite-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
export const newFile = () => join(folder, `${++count}.db`)

export async function open(file = newFile(), options: SqliteOptions = {}) {
  const inbox = sqlite(file, options)
  await inbox.open()
  onTestFinished(() => inbox.close())
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  const rows = () => database.prepare('SELECT * FROM inbox ORDER BY seq').all()
  return { inbox, engine: inbox.engine, file, database, rows }
}

export const record = (part: Partial<InboxRecord> = {}): InboxRecord => ({
  key: `key-${++count}`,
  endpoint: 'test',
  receivedAt: Date.now(),
  head: '{}',
  body: new TextEncoder().encode('{"a":1}'),
  ...part,
})
