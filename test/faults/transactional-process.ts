/** Books what is in a queue, in the transaction in which it is marked as done. Killed and started again by its test. */
import { setTimeout as pause } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { pgBoss, type HandlerTransaction } from 'webhook-target/engines/pg-boss'

const [url, queue] = process.argv.slice(2)
const boss = new PgBoss({ connectionString: url!, max: 8 })
boss.on('error', () => {})
const { engine } = pgBoss(boss, { queue: queue!, transactional: true })
await engine.open()
await engine.work!(
  async ({ key }, { transaction, commit }) => {
    await (transaction as HandlerTransaction).executeSql('INSERT INTO bookings (key) VALUES ($1)', [
      key,
    ])
    await pause(Math.random() * 40)
    await commit!()
    return { kind: 'ack' }
  },
  { concurrency: 4, leaseMs: 1500 },
)
