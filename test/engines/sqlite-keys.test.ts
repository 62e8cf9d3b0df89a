/** Which deliveries count as known: whoever stored them, whatever became of their transaction, wherever their keys are. */
import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { configure, migrate } from '../../src/engines/lib/sqlite-schema.ts'
import { SqliteStore } from '../../src/engines/lib/sqlite-store.ts'
import { newFile, open, record } from './sqlite-files.ts'

const WINDOW_MS = 100
const RETENTION = { windowMs: WINDOW_MS, replayMs: WINDOW_MS / 2, deadMs: WINDOW_MS }

/** What a process has open; its clock is set by hand. */
function openStore(file: string, clock = { now: 0 }, maxRecentKeys?: number) {
  const database = new DatabaseSync(file)
  configure(database)
  database.exec('PRAGMA synchronous = OFF')
  database.exec('BEGIN IMMEDIATE')
  migrate(database)
  database.exec('COMMIT')
  const store = new SqliteStore(database, () => clock.now, maxRecentKeys)
  const transact = <Value>(apply: () => Value, end: 'commit' | 'rollBack' = 'commit'): Value => {
    store.begin()
    const value = apply()
    store[end]()
    return value
  }
  return {
    store,
    database,
    transact,
    put: (key: string) => transact(() => store.put(record({ key }), false)),
    /** In no transaction. */
    isDone: (key: string) => [...store.finished({ keys: [key] })][0]!.length > 0,
    finish: () =>
      transact(() => {
        for (const claimed of store.claim(100, 1000)) store.settle(claimed, { kind: 'ack' })
      }),
    /** The first time ends what is on the way into the index, the second brings in what came after it. */
    sweep: () => {
      for (let time = 1; time <= 2; time++) while (transact(() => store.sweep(RETENTION)));
    },
  }
}

const keyOf = (index: number) => createHash('sha256').update(`${index}`).digest('base64url')

/** Records without a way to them, ways to none, and keys that have two. */
const FAULTS = `
  SELECT key FROM inbox WHERE seq <= (SELECT place FROM inbox_indexed)
    AND NOT EXISTS (SELECT 1 FROM inbox_places AS found WHERE found.key = inbox.key AND found.seq = abs(inbox.seq))
  UNION ALL SELECT key FROM inbox_places AS found
    WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.key = found.key AND inbox.seq IN (found.seq, -found.seq))
  UNION ALL SELECT key FROM inbox GROUP BY key HAVING count(*) > 1`

test('whatever happens in two processes, a delivery is known if it was stored and is not forgotten', () => {
  const actions = [
    'put',
    'put',
    'put',
    'fail',
    'finish',
    'step',
    'sweep',
    'free',
    'reopen',
  ] as const
  const step = fc.record({
    do: fc.constantFrom(...actions),
    at: fc.nat({ max: 99 }),
    by: fc.constantFrom(0, 1),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (history) => {
      const file = newFile()
      const clock = { now: 0 }
      const openOne = () => openStore(file, clock, 8)
      const processes = [openOne(), openOne()]
      /** When each was stored and when it was done. */
      const known = new Map<string, { doneAt?: number }>()
      for (const { do: what, at, by } of history) {
        const process = processes[by]!
        const key = keyOf(at)
        clock.now += 10
        if (what === 'put') {
          expect(process.put(key)).toBe(known.has(key) ? 'duplicate' : 'stored')
          if (!known.has(key)) known.set(key, {})
        } else if (what === 'fail') {
          process.transact(() => {
            for (const one of [key, keyOf(at + 100)]) process.store.put(record({ key: one }), false)
            if (at % 3 === 0) process.store.sweep(RETENTION)
            if (at % 3 === 1) process.store.free()
          }, 'rollBack')
        } else if (what === 'finish') {
          process.finish()
          for (const of of known.values()) of.doneAt ??= clock.now
        } else if (what === 'step') {
          process.transact(() => process.store.sweep(RETENTION))
          const left = process.database.prepare('SELECT key FROM inbox').all()
          for (const [one, { doneAt = Infinity }] of known) {
            if (left.some((row) => row['key'] === one)) continue
            expect(doneAt).toBeLessThan(clock.now - WINDOW_MS)
            known.delete(one)
          }
        } else if (what === 'sweep') {
          process.sweep()
          for (const [one, { doneAt = Infinity }] of known) {
            if (doneAt < clock.now - WINDOW_MS) known.delete(one)
          }
        } else if (what === 'free') {
          process.transact(() => {
            while (process.store.free());
          })
          for (const [one, { doneAt }] of known) if (doneAt !== undefined) known.delete(one)
        } else {
          process.database.close()
          processes[by] = openOne()
        }
        expect(process.database.isOpen ? process.database.prepare(FAULTS).all() : []).toEqual([])
      }
      for (const { database } of processes) database.close()
    }),
    { numRuns: 200 },
  )
})

test('many keys come into the index by the way, and are known all the while', () => {
  const file = newFile()
  const [receiver, other] = [openStore(file), openStore(file)]
  onTestFinished(() => [receiver, other].forEach(({ database }) => database.close()))
  const indexed = () =>
    Number(receiver.database.prepare('SELECT count(*) AS n FROM inbox_places').get()!['n'])
  const steps = new Set<number>()
  for (let from = 0; from < 40_000; from += 400) {
    receiver.transact(() => {
      for (let index = from; index < from + 400; index++) {
        expect(receiver.store.put(record({ key: keyOf(index) }), false)).toBe('stored')
      }
    })
    steps.add(indexed())
    expect(other.put(keyOf(from))).toBe('duplicate')
    expect(receiver.put(keyOf(from + 399))).toBe('duplicate')
  }
  // Nothing for long, then some hundred with each commit.
  const [none, first, ...rest] = [...steps]
  expect([none, first! < 1000, rest.length > 10]).toEqual([0, true, true])
  expect(indexed()).toBeGreaterThan(8000)
  const late = openStore(file)
  onTestFinished(() => late.database.close())
  for (const { put } of [receiver, other, late]) {
    for (let index = 0; index < 40_000; index += 97) expect(put(keyOf(index))).toBe('duplicate')
  }
  receiver.sweep()
  expect(indexed()).toBe(40_000)
  expect(receiver.database.prepare(FAULTS).all()).toEqual([])
  for (let index = 0; index < 40_000; index += 97) expect(other.put(keyOf(index))).toBe('duplicate')
})

test.each(['fail', 'end'])(
  'keys come into the index though transactions %s again and again',
  (what) => {
    const file = newFile()
    let process = openStore(file, { now: 0 }, 64)
    const unindexed = () =>
      Number(
        process.database
          .prepare('SELECT count(*) AS n FROM inbox WHERE seq > (SELECT place FROM inbox_indexed)')
          .get()!['n'],
      )
    let most = 0
    for (let index = 0; index < 4000; index += 4) {
      process.transact(() => {
        for (let at = index; at < index + 4; at++) {
          process.store.put(record({ key: keyOf(at) }), false)
        }
      })
      most = Math.max(most, unindexed())
      if (index % 40 > 0) continue
      if (what === 'fail') {
        process.transact(() => process.store.put(record({ key: keyOf(9999) }), false), 'rollBack')
      } else {
        process.database.close()
        process = openStore(file, { now: 0 }, 64)
      }
    }
    onTestFinished(() => process.database.close())
    expect(most).toBeLessThan(5 * 64)
    for (let at = 0; at < 4000; at += 7) expect(process.put(keyOf(at))).toBe('duplicate')
    expect(process.database.prepare(FAULTS).all()).toEqual([])
  },
)

test('a step into the index that is rolled back is taken again', () => {
  const { store, transact, put, sweep, database } = openStore(newFile(), { now: 0 }, 64)
  onTestFinished(() => database.close())
  for (let at = 0; at < 64; at++) put(keyOf(at))
  for (let step = 0; step < 32; step++) transact(() => store.sweep(RETENTION), 'rollBack')
  sweep()
  expect(database.prepare('SELECT place FROM inbox_indexed').get()).toEqual({ place: 64 })
  expect(database.prepare(FAULTS).all()).toEqual([])
})

test('what is gone with a backup that was copied into the file is stored when it comes again', () => {
  const file = newFile()
  const [receiver, other] = [openStore(file), openStore(file)]
  onTestFinished(() => [receiver, other].forEach(({ database }) => database.close()))
  receiver.put('before')
  receiver.put('after')
  other.database.exec("DELETE FROM inbox WHERE key = 'after'")
  expect(receiver.put('after')).toBe('stored')
  expect(receiver.put('before')).toBe('duplicate')
})

test('what another process has stored and done can be replayed by its key', () => {
  const file = newFile()
  const [receiver, other] = [openStore(file), openStore(file)]
  onTestFinished(() => [receiver, other].forEach(({ database }) => database.close()))
  for (const key of ['a', 'b']) {
    expect(other.isDone(key)).toBe(false)
    receiver.put(key)
    receiver.finish()
    expect(other.isDone(key)).toBe(true)
  }
})

test('a place is never given again, though all that was stored is forgotten', async () => {
  const clock = { now: 0 }
  const { put, finish, sweep, database } = openStore(newFile(), clock)
  onTestFinished(() => database.close())
  const places = () =>
    database
      .prepare('SELECT seq FROM inbox')
      .all()
      .map((row) => row['seq'])
  put('a')
  put('b')
  finish()
  clock.now += 10 * WINDOW_MS
  sweep()
  expect(places()).toEqual([])
  put('a')
  expect(places()).toEqual([3])
  expect(put('a')).toBe('duplicate')
})

test('a delivery whose own statement fails is not known afterwards, and the others are stored', async () => {
  let failures = 0
  const Database = class extends DatabaseSync {
    override prepare(sql: string) {
      const statement = super.prepare(sql)
      if (!sql.includes('INSERT INTO inbox (')) return statement
      const run = statement.run.bind(statement) as (...values: unknown[]) => object
      return Object.assign(statement, {
        run(...values: unknown[]) {
          if (failures-- <= 0) return run(...values)
          throw Object.assign(new Error('string or blob too big'), { errcode: 18 })
        },
      })
    }
  }
  const { engine, rows } = await open(newFile(), { database: Database })
  const [first, second] = [record(), record()]
  failures = 1
  const puts = await Promise.allSettled([engine.put(first), engine.put(second)])
  expect(puts.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(rows().map(({ key }) => key)).toEqual([second.key])
  expect(await engine.put(first)).toBe('stored')
  expect(await engine.put(second)).toBe('duplicate')
})
