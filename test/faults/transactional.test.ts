/** Exactly once: what a handler writes in the inbox's own transaction, whenever its process is killed. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pgBoss } from 'webhook-target/engines/pg-boss'
import { noPostgres, startPostgres, type Postgres } from '../engines/postgres.ts'
import { until } from './waiting.ts'

const RECORDS = 300
const KILLS = 12
const QUEUE = 'bookings'

let postgres: Postgres | undefined
beforeAll(async () => {
  if (!noPostgres) postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres?.remove(), 60_000)

test.skipIf(noPostgres)(
  `${RECORDS} deliveries are booked once each, through ${KILLS} kills`,
  { timeout: 120_000 },
  async () => {
    const { url } = postgres!
    const client = new Client(url)
    await client.connect()
    // Nothing but the transaction keeps a booking from being written twice.
    await client.query('CREATE TABLE bookings (key text)')
    const booked = async () =>
      Number((await client.query('SELECT count(*) FROM bookings')).rows[0].count)

    const boss = new PgBoss(url)
    boss.on('error', () => {})
    const { engine } = pgBoss(boss, { queue: QUEUE, transactional: true })
    await engine.open()
    const keys = Array.from({ length: RECORDS }, () => randomBytes(32).toString('base64url'))
    const rest = { endpoint: 'test', receivedAt: 0, head: '{}', body: new Uint8Array(10) }
    await Promise.all(keys.map((key) => engine.put({ key, ...rest })))

    let kills = 0
    while ((await booked()) < RECORDS) {
      const worker = startWorker(url)
      const before = await booked()
      const enough = kills < KILLS ? before + 10 : RECORDS
      await until('booked', async () => (await booked()) >= Math.min(enough, RECORDS), 60_000)
      if (kills < KILLS) kills++
      worker.kill('SIGKILL')
      await once(worker, 'exit')
    }
    const { rows } = await client.query(
      'SELECT count(*) AS all, count(DISTINCT key) AS keys FROM bookings',
    )
    expect(rows).toEqual([{ all: `${RECORDS}`, keys: `${RECORDS}` }])
    expect(kills).toBe(KILLS)
    await engine.close()
    await client.end()
  },
)

function startWorker(url: string) {
  const file = join(import.meta.dirname, 'transactional-process.ts')
  const args = ['--conditions=@webhook-target/source', file, url, QUEUE]
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
