import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { postgresKeys } from 'webhook-target/keys/postgres'
import { testKeyStore } from './key-store.ts'
import { noPostgres, startPostgres } from './postgres.ts'

if (noPostgres) {
  test.skip(`keys in PostgreSQL (${noPostgres})`, () => undefined)
} else {
  const postgres = await startPostgres()
  const pools: Pool[] = []
  const pool = () => {
    const created = new Pool({ connectionString: postgres.url, max: 4 })
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
      const claims = await Promise.all(stores.map((store) => store.claim('a', 60_000)))
      expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1)
    })

    test('forgets what is past its time, and nothing else', async () => {
      const client = pool()
      const count = async () =>
        (await client.query<{ key: string }>('SELECT key FROM swept ORDER BY key')).rows.map(
          ({ key }) => key,
        )
      const store = postgresKeys(client, { table: 'swept' })
      await store.claim('kept', 60_000)
      await client.query(
        "INSERT INTO swept SELECT 'old' || i, true, now() - interval '1 day' FROM generate_series(1, 1200) AS i",
      )
      await store.done('done', 60_000)
      expect(await count()).toHaveLength(702)
      await store.done('done', 60_000)
      await store.done('done', 60_000)
      expect(await count()).toEqual(['done', 'kept'])
    })

    test('a table in a schema', async () => {
      const client = pool()
      await client.query('CREATE SCHEMA apart')
      const store = postgresKeys(client, { table: 'apart.keys' })
      expect(await store.claim('a', 60_000)).toBe('claimed')
    })

    test('refuses what is no name of a table', () => {
      expect(() => postgresKeys(pool(), { table: 'a; DROP TABLE b' })).toThrow('table')
    })

    test('rejects while the database is away, and goes on after it', async () => {
      const client = pool()
      client.on('error', () => undefined)
      const store = postgresKeys(client, { table: 'away' })
      await store.claim('a', 60_000)
      for (const each of pools) if (each.listenerCount('error') === 0) each.on('error', () => {})
      await postgres.kill()
      await expect(store.claim('b', 60_000)).rejects.toThrow()
      await postgres.start()
      expect(await store.claim('b', 60_000)).toBe('claimed')
      expect(await store.claim('a', 60_000)).toBe('busy')
    })
  })
}
