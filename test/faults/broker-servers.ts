/** The servers behind the other engines: one for a run, on loopback, killed and started again like the receivers. */
import { Queue } from 'bullmq'
import { Client } from 'pg'
import { startPostgres } from '../engines/postgres.ts'
import { startRedis } from '../engines/redis.ts'
import type { Store } from './stores.ts'

export async function openPostgresStore(): Promise<Store> {
  const postgres = await startPostgres()
  return {
    address: postgres.url,
    async pending() {
      const client = new Client({ connectionString: postgres.url })
      await client.connect()
      try {
        const { rows } = await client.query<{ count: string }>(
          `SELECT count(*) FROM pgboss.job
           WHERE name = 'webhook-target' AND state < 'completed'`,
        )
        return Number(rows[0]!.count)
      } finally {
        await client.end()
      }
    },
    integrity: async () => 'ok',
    async kill() {
      await postgres.kill()
      return () => postgres.start()
    },
    close: () => postgres.remove(),
  }
}

export async function openRedisStore(): Promise<Store> {
  const redis = await startRedis()
  return {
    address: String(redis.port),
    async pending() {
      const queue = new Queue('webhooks', { connection: { host: '127.0.0.1', port: redis.port } })
      try {
        const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized')
        return Object.values(counts).reduce((sum, count) => sum + count, 0)
      } finally {
        await queue.close()
      }
    },
    integrity: async () => 'ok',
    async kill() {
      await redis.kill()
      return () => redis.start()
    },
    close: () => redis.remove(),
  }
}
