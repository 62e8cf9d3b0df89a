/** What holds when the disk or the process fails in a way that can't be had from a real one at will. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { sqlite } from 'webhook-target/engines/sqlite'
import type { InboxRecord } from 'webhook-target/inbox'

const folder = mkdtempSync(join(tmpdir(), 'sqlite-guards-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

const record = (): InboxRecord => ({
  key: `key-${++count}`,
  endpoint: 'test',
  receivedAt: 1_700_000_000_000,
  head: '{}',
  body: new Uint8Array(10),
})

/** A database of which the next commits fail, with what was done to it. */
async function failing() {
  const done: string[] = []
  const failures: number[] = []
  const Database = class extends DatabaseSync {
    constructor(file: string) {
      super(file)
      done.push('open')
    }
    override exec(sql: string) {
      const errcode = sql === 'COMMIT' ? failures.shift() : undefined
      done.push(errcode === undefined ? sql : `${sql} fails`)
      if (errcode !== undefined) throw Object.assign(new Error('It fails'), { errcode })
      super.exec(sql)
    }
    override prepare(sql: string) {
      if (sql.includes('checkpoint')) done.push('checkpoint')
      return super.prepare(sql)
    }
    override close() {
      done.push('close')
      super.close()
    }
  }
  const file = join(folder, `${++count}.db`)
  const inbox = sqlite(file, { database: Database })
  await inbox.open()
  onTestFinished(() => inbox.close())
  done.length = 0
  const keys = () => {
    const database = new DatabaseSync(file)
    const rows = database.prepare('SELECT key FROM inbox').all()
    database.close()
    return rows.map(({ key }) => key)
  }
  return { engine: inbox.engine, done, failures, keys }
}

const FULL = 13
const IOERR_FSYNC = 10 | (4 << 8)
const CONSTRAINT = 19

describe('a commit that fails', () => {
  test.each([FULL, IOERR_FSYNC, CONSTRAINT])('acknowledges nothing: %i', async (errcode) => {
    const { engine, failures, keys } = await failing()
    failures.push(errcode)
    const put = record()
    await expect(Promise.all([engine.put(put), engine.put(record())])).rejects.toThrow('It fails')
    expect(keys()).toEqual([])
    expect(await engine.put(put)).toBe('stored')
    expect(keys()).toEqual([put.key])
  })

  test('by an I/O error: the file is opened anew, and its log brought to the disk', async () => {
    const { engine, done, failures } = await failing()
    failures.push(IOERR_FSYNC)
    await expect(engine.put(record())).rejects.toThrow('It fails')
    expect(done.slice(-3)).toEqual(['COMMIT fails', 'ROLLBACK', 'close'])
    done.length = 0
    await engine.put(record())
    expect(done[0]).toBe('open')
    expect(done.indexOf('checkpoint')).toBeLessThan(done.lastIndexOf('BEGIN IMMEDIATE'))
    expect(done).toContain('checkpoint')
  })

  test('for a full disk: its log is emptied before anything else is written', async () => {
    const { engine, done, failures } = await failing()
    await engine.put(record())
    expect(done).not.toContain('checkpoint')
    failures.push(FULL)
    await expect(engine.put(record())).rejects.toThrow('It fails')
    done.length = 0
    await engine.put(record())
    expect(done.slice(0, 2)).toEqual(['checkpoint', 'BEGIN IMMEDIATE'])
    done.length = 0
    await engine.put(record())
    expect(done).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
  })
})

test('no parameter has a number, which better-sqlite3 takes for a name', async () => {
  const Database = class extends DatabaseSync {
    override prepare(sql: string) {
      expect(sql).not.toMatch(/\?\d/)
      return super.prepare(sql)
    }
  }
  const inbox = sqlite(join(folder, `${++count}.db`), { database: Database, revive: true })
  await inbox.open()
  onTestFinished(() => inbox.close())
  const put = { ...record(), order: 'a', sequence: 1 }
  expect(await inbox.engine.put(put)).toBe('stored')
  expect(await inbox.engine.put(put)).toBe('duplicate')
  expect(await inbox.engine.put(record())).toBe('stored')
  expect(await inbox.engine.replay!({ since: 0 })).toBe(0)
})

/** @see https://sqlite.org/wal.html#walresetbug */
describe('a write-ahead log only where two connections are safe with it', () => {
  test.each([
    ['3.7.0', 'delete'],
    ['3.46.1', 'delete'],
    ['3.51.2', 'delete'],
    ['3.51.3', 'wal'],
    ['3.52.0', 'wal'],
    ['4.0.0', 'wal'],
  ])('SQLite %s', async (version, journal) => {
    const Database = class extends DatabaseSync {
      override prepare(sql: string) {
        return super.prepare(sql.replace('sqlite_version()', `'${version}'`))
      }
    }
    const file = join(folder, `${++count}.db`)
    const inbox = sqlite(file, { database: Database })
    await inbox.open()
    onTestFinished(() => inbox.close())
    const database = new DatabaseSync(file)
    onTestFinished(() => database.close())
    // Of the rollback journals a file remembers none.
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: journal })
  })
})
