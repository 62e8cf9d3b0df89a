import * as fc from 'fast-check'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Verdict } from 'webhook-target/inbox'
import type { Claim, PullSource } from '../../src/engines/lib/pull-loop.ts'
import { newFile, open, record } from './sqlite-files.ts'

/** Counts how often work is looked for. */
function counted() {
  const claims = { count: 0 }
  const Database = class extends DatabaseSync {
    override prepare(sql: string) {
      const statement = super.prepare(sql)
      if (!sql.includes('attempts = attempts + 1')) return statement
      const all = statement.all.bind(statement)
      const counting = (...values: SQLInputValue[]) => (claims.count++, all(...values))
      statement.all = counting as typeof all
      return statement
    }
  }
  return { claims, Database }
}

function fill(database: DatabaseSync, count: number) {
  database.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})
    INSERT INTO inbox (key, due, changed, endpoint, received_at, head, body, ordering, waits)
    SELECT printf('%043d', n), n, n, 'test', 0, '{}', x'7b7d', 'a', n > 1 FROM number`)
}

test.each([1, 20_000])(
  '%i behind one that fails are not looked at until it is done',
  async (blocked) => {
    const { claims, Database } = counted()
    const { engine, database } = await open(newFile(), { database: Database })
    fill(database, blocked + 1)
    const seen: string[] = []
    const worker = await engine.work!(
      async ({ key }) => (seen.push(key), { kind: 'retry', afterMs: 3_600_000, reason: 'no' }),
      { concurrency: 4, leaseMs: 30_000 },
    )
    await new Promise((resolve) => setTimeout(resolve, 1200))
    await worker.stop()
    expect(seen).toEqual([String(1).padStart(43, '0')])
    // One at first, one for the verdict, and one every 500 ms.
    expect(claims.count).toBeLessThan(8)
    const waiting = database.prepare('SELECT count(*) AS n FROM inbox WHERE waits = 0').get()!
    expect(waiting['n']).toBe(1)
  },
)

test('what comes next is what is left, however the one before it went', async () => {
  const { engine, database } = await open(newFile(), { revive: true })
  const first = () =>
    database
      .prepare('SELECT key FROM inbox WHERE state = 0 AND waits = 0 ORDER BY seq')
      .all()
      .map(({ key }) => key)
  const source = engine as unknown as PullSource<Claim>
  const end = async (verdict: Verdict, ...keys: string[]) => {
    for (const wanted of keys) {
      const claims = await source.claim(100, 0)
      await source.settle(
        claims.find(({ record: { key } }) => key === wanted)!,
        verdict,
      )
    }
  }
  const dead: Verdict = { kind: 'dead', reason: 'no' }
  for (const key of ['a', 'b', 'c', 'd', 'e']) await engine.put(record({ key, order: 'o' }))
  await engine.put(record({ key: 'alone' }))
  await engine.put(record({ key: 'other', order: 'p' }))
  expect(first()).toEqual(['a', 'alone', 'other'])
  await end({ kind: 'retry', afterMs: 0, reason: 'no' }, 'a')
  expect(first()).toEqual(['a', 'alone', 'other'])
  await end({ kind: 'ack' }, 'a')
  expect(first()).toEqual(['b', 'alone', 'other'])
  await end(dead, 'b', 'c', 'd')
  expect(first()).toEqual(['e', 'alone', 'other'])
  await engine.replay!({ keys: ['d'] })
  expect(first()).toEqual(['d', 'alone', 'other'])
  await engine.put(record({ key: 'b' }))
  expect(first()).toEqual(['b', 'alone', 'other'])
  await engine.replay!({ dead: true })
  expect(first()).toEqual(['b', 'alone', 'other'])
  await end({ kind: 'ack' }, 'b', 'c', 'd', 'e')
  expect(first()).toEqual(['alone', 'other'])
  await engine.put(record({ key: 'f', order: 'o' }))
  expect(first()).toEqual(['alone', 'other', 'f'])
  await engine.replay!({ since: 0 })
  expect(first()).toEqual(['a', 'alone', 'other'])
})

test('what is in work stays the first of its order until it has its verdict', async () => {
  const { engine, database } = await open()
  const source = engine as unknown as PullSource<Claim>
  const claim = async (leaseMs = 60_000) => {
    const claims = await source.claim(100, leaseMs)
    expect(claims.length).toBeLessThan(2)
    return claims[0]
  }
  const key = (claimed: Claim | undefined) => claimed?.record.key
  for (const name of ['a', 'b', 'c']) await engine.put(record({ key: name, order: 'o' }))
  await source.settle((await claim())!, { kind: 'dead', reason: 'no' })
  expect(key(await claim(0))).toBe('b')
  expect(await engine.replay!({ dead: true })).toBe(1)
  // Its lease has ended: whoever has it now may still be at it.
  const again = await claim()
  expect(key(again)).toBe('b')
  expect(await claim()).toBe(undefined)
  await source.settle(again!, { kind: 'retry', afterMs: 0, reason: 'no' })
  for (const name of ['a', 'b', 'c']) {
    const next = await claim()
    expect(key(next)).toBe(name)
    expect(await claim()).toBe(undefined)
    await source.settle(next!, { kind: 'ack' })
  }
  expect(database.prepare('SELECT count(*) AS n FROM inbox WHERE state = 0').get()!['n']).toBe(0)
})

test('whatever happens, one of each order can be worked on and no other, until all are done', async () => {
  const actions = ['put', 'put', 'claim', 'claim', 'ack', 'ack', 'retry', 'bury'] as const
  const rare = ['replay dead', 'replay all', 'replay one', 'forget', 'lapse'] as const
  const step = fc.record({ do: fc.constantFrom(...actions, ...rare), at: fc.nat({ max: 19 }) })
  const history = fc.array(step, { minLength: 20, maxLength: 60 })

  await fc.assert(
    fc.asyncProperty(history, fc.boolean(), async (taken, revive) => {
      const { engine, database, inbox } = await open(newFile(), { revive })
      const source = engine as unknown as PullSource<Claim>
      const held: Claim[] = []
      /** Taken from those who had it; unless somebody has it anew, its late verdict counts. */
      const lapsed: Claim[] = []
      const claim = async (limit: number) => {
        held.push(...(await source.claim(limit, 60_000)))
        const orders = held.map(({ record: { order } }) => order)
        expect(new Set(orders).size).toBe(orders.length)
      }
      const lapse = () => {
        database.exec('UPDATE inbox SET due = 0 WHERE state = 0 AND fence IS NOT NULL')
        lapsed.push(...held.splice(0))
      }
      const settle = async (at: number, verdict: Verdict) => {
        const from = at % 5 === 4 && lapsed.length > 0 ? lapsed : held
        const [claimed] = from.splice(at % Math.max(1, from.length), 1)
        if (claimed) await source.settle(claimed, verdict)
      }
      const act: Record<(typeof taken)[number]['do'], (at: number) => unknown> = {
        put: (at) => engine.put(record({ key: `${at}`, order: `order ${at % 3}` })),
        claim: (at) => claim(1 + (at % 5)),
        lapse,
        ack: (at) => settle(at, { kind: 'ack' }),
        retry: (at) => settle(at, { kind: 'retry', afterMs: 0, reason: 'no' }),
        bury: (at) => settle(at, { kind: 'dead', reason: 'no' }),
        'replay dead': () => engine.replay!({ dead: true }),
        'replay all': () => engine.replay!({ since: 0 }),
        'replay one': (at) => engine.replay!({ keys: [`${at}`] }),
        forget: (at) => database.exec(`DELETE FROM inbox WHERE state <> 0 AND key = '${at}'`),
      }
      const free = database.prepare(
        `SELECT coalesce(min(CASE WHEN fence IS NOT NULL THEN seq END), min(seq)) AS first, group_concat(CASE WHEN waits = 0 THEN seq END) AS free
         FROM inbox WHERE state = 0 GROUP BY ordering`,
      )
      for (const { do: what, at } of taken) {
        await act[what](at)
        for (const order of free.all()) expect(order['free']).toBe(String(order['first']))
      }
      lapse()
      for (let left = 20; left > 0 && free.all().length > 0; left--) {
        await claim(3)
        for (const claimed of held.splice(0)) await source.settle(claimed, { kind: 'ack' })
      }
      expect(free.all()).toEqual([])
      await inbox.close()
    }),
    { numRuns: 60 },
  )
})
