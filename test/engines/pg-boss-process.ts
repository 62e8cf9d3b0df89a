/** A process of its own: takes work on the queue that it is told of, writes `claimed`, and does not get any further. */
import { PgBoss } from 'pg-boss'
import { pgBoss } from 'webhook-target/engines/pg-boss'

const [url, queue, leaseMs] = process.argv.slice(2)
const boss = new PgBoss(url!)
boss.on('error', console.error)
const { engine } = pgBoss(boss, { queue: queue! })
await engine.open()
await engine.work!(
  () => {
    process.stdout.write('claimed\n')
    return new Promise(() => undefined)
  },
  { concurrency: 1, leaseMs: Number(leaseMs) },
)
