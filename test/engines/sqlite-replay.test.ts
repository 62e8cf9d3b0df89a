import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Claim, PullSource } from '../../src/engines/lib/pull-loop.ts'
import { open, record } from './sqlite-files.ts'

const COUNT = 2000

/** Of which every other one is done, and the rest is dead. */
function fill(database: DatabaseSync) {
  database.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${COUNT})
    INSERT INTO inbox (key, state, due, changed, endpoint, received_at, head, body, reason, ordering)
    SELECT printf('%043d', n), 1 + n % 2, n, n, 'test', n, '{}', x'7b7d', '',
      CASE WHEN n % 4 < 2 THEN printf('order %d', n % 30) END
    FROM number`)
}

test.each([
  [{ dead: true }, COUNT / 2],
  [{ since: 501 }, COUNT - 500],
] as const)('%j holds up nobody who stores', async (selection, count) => {
  const { engine, database } = await open()
  fill(database)
  const ends: string[] = []
  const replaying = engine.replay!(selection).then((replayed) => {
    ends.push('replay')
    expect(replayed).toBe(count)
  })
  await new Promise((resolve) => setImmediate(resolve))
  const puts = [1, 2].map(() => engine.put(record()).then(() => ends.push('put')))
  await Promise.all([replaying, ...puts])
  expect(ends).toEqual(['put', 'put', 'replay'])
})

test.each([{ dead: true }, { since: 0 }] as const)(
  '%j puts back once what was there when it began, and each order from its first on',
  async (selection) => {
    const { engine, database } = await open()
    fill(database)
    const source = engine as unknown as PullSource<Claim>
    await engine.put(record({ key: 'in work' }))
    const [held] = await source.claim(1, 60_000)
    const seen: string[] = []
    const settle = (claim: Claim) => source.settle(claim, { kind: 'dead', reason: 'again' })
    const take = async () => {
      const claims = await source.claim(100, 60_000)
      seen.push(...claims.map(({ record: { key } }) => key))
      await Promise.all(claims.map(settle))
      return claims.length
    }
    const state = { isReplaying: true }
    const replaying = engine.replay!(selection, {
      before: async (keys) => expect(keys.length).toBeLessThan(COUNT / 4),
    }).finally(() => (state.isReplaying = false))
    await settle(held!)
    await engine.put(record({ key: 'meanwhile' }))
    while (state.isReplaying) await take()
    while ((await take()) > 0);
    const expected = 'dead' in selection ? COUNT / 2 : COUNT
    expect(await replaying).toBe(expected)
    expect(seen.filter((key) => key === 'meanwhile')).toEqual(['meanwhile'])
    expect(seen).not.toContain('in work')
    expect(new Set(seen).size).toBe(expected + 1)
    expect(seen).toHaveLength(expected + 1)
    for (let order = 0; order < 30; order++) {
      const keys = seen.filter((key) => Number(key) % 4 < 2 && Number(key) % 30 === order)
      expect(keys).toEqual(keys.toSorted())
    }
  },
)

test('nothing is stale next to what is put back later, of the same order', async () => {
  const { engine, database } = await open()
  const source = engine as unknown as PullSource<Claim>
  database.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${COUNT})
    INSERT INTO inbox (key, state, due, changed, endpoint, received_at, head, body, reason, ordering, sequence)
    SELECT printf('%043d', n), 1 + (n % 7 = 0), n, n, 'test', n, '{}', x'7b7d', '', printf('order %d', n % 20), n
    FROM number`)
  const replaying = engine.replay!({ since: 0 })
  let worked = 0
  for (let isOver = false; !isOver;) {
    const claims = await source.claim(100, 60_000)
    worked += claims.length
    for (const claim of claims) expect(claim.attempt.stale).toBe(false)
    await Promise.all(claims.map((claim) => source.settle(claim, { kind: 'ack' })))
    isOver = claims.length === 0 && worked > 0
  }
  expect(await replaying).toBe(COUNT)
  expect(worked).toBe(COUNT)
})
