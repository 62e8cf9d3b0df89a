import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import type { KeyClaim } from 'webhook-target/inbox'
import { postgresKeys } from 'webhook-target/keys/postgres'
import { checkKeys } from '../../src/inbox/key-check.ts'
import { testKeyStore } from './key-store.ts'
import { noPostgres, startPostgres } from './postgres.ts'

const TIMES = { leaseMs: 60_000, keepMs: 60_000 }

if (noPostgres) {
  test.skip(`keys in PostgreSQL (${noPostgres})`, () => undefined)
} else {
  const postgres = await startPostgres()
  const pools: Pool[] = []
  const pool = (role = 'postgres') => {
    const connectionString = postgres.url.replace('postgres@', `${role}@`)
    const created = new Pool({ connectionString, max: 4 })
    pools.push(created)
    return created
  }
  afterAll(async () => {
    await Promise.all(pools.map((created) => created.end()))
    await postgres.remove()
  })

  testKeyStore('keys in PostgreSQL', async () => postgresKeys(pool()))

  describe('keys in PostgreSQL', () => {
    test('several processes create the table at once', async () => {
      const stores = Array.from({ length: 6 }, () => postgresKeys(pool(), { table: 'at_once' }))
      const claims = await Promise.all(stores.map((store) => store.claim('a', TIMES)))
      expect(claims.filter((claim) => claim !== 'busy')).toHaveLength(1)
    })

    test('forgets what is past its time, and nothing else', async () => {
      const client = pool()
      const count = async () =>
        (await client.query<{ key: string }>('SELECT key FROM swept ORDER BY key')).rows.map(
          ({ key }) => key,
        )
      const store = postgresKeys(client, { table: 'swept' })
      await store.claim('kept', TIMES)
      await client.query(
        `INSERT INTO swept (key, attempt, done, leased_until, kept_until)
           SELECT 'old' || i, 1, true, now(), now() - interval '1 day' FROM generate_series(1, 1200) AS i`,
      )
      const work = async (key: string) =>
        store.done((await store.claim(key, TIMES)) as KeyClaim, 60_000)
      await work('a')
      expect(await count()).toHaveLength(702)
      await work('b')
      await work('c')
      expect(await count()).toEqual(['a', 'b', 'c', 'kept'])
    })

    test('a table in a schema', async () => {
      const client = pool()
      await client.query('CREATE SCHEMA apart')
      const store = postgresKeys(client, { table: 'apart.keys' })
      expect(await store.claim('a', TIMES)).toMatchObject({ attempt: 1 })
    })

    test('needs no right to create a table that is there', async () => {
      const owner = pool()
      await postgresKeys(owner, { table: 'owned' }).claim('a', TIMES)
      await owner.query(
        `REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON owned TO app;
         CREATE ROLE reader LOGIN; GRANT SELECT ON owned TO reader`,
      )
      const store = postgresKeys(pool('app'), { table: 'owned' })
      await checkKeys(store)
      expect(await store.claim('a', TIMES)).toBe('busy')
      expect(await store.claim('b', TIMES)).toMatchObject({ attempt: 1 })
      const refused = 'permission denied'
      const missing = postgresKeys(pool('app'), { table: 'missing' })
      await expect(checkKeys(missing)).rejects.toThrow(refused)
      const reading = postgresKeys(pool('reader'), { table: 'owned' })
      await expect(checkKeys(reading)).rejects.toThrow(refused)
    })

    test('creates the table again if it was dropped', async () => {
      const client = pool()
      const store = postgresKeys(client, { table: 'dropped' })
      await store.claim('a', TIMES)
      await client.query('DROP TABLE dropped')
      expect(await store.claim('a', TIMES)).toMatchObject({ attempt: 1 })
    })

    test('refuses what is no name of a table', () => {
      expect(() => postgresKeys(pool(), { table: 'a; DROP TABLE b' })).toThrow('table')
    })

    test('rejects while the database is away, and goes on after it', async () => {
      const client = pool()
      client.on('error', () => undefined)
      const store = postgresKeys(client, { table: 'away' })
      await store.claim('a', TIMES)
      for (const each of pools) if (each.listenerCount('error') === 0) each.on('error', () => {})
      await postgres.kill()
      await expect(store.claim('b', TIMES)).rejects.toThrow()
      await postgres.start()
      expect(await store.claim('b', TIMES)).toMatchObject({ attempt: 1 })
      expect(await store.claim('a', TIMES)).toBe('busy')
    })
  })
}
