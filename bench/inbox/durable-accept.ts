// Stores deliveries with 64 in flight: the engine, and grouped inserts as one would write them by hand.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqlite } from 'webhook-target/engines/sqlite'

const IN_FLIGHT = 64
const PUTS = 6400
const rounds = Number(process.argv[2])

// Beside the project: what is called temporary may be memory.
const folder = mkdtempSync(join(import.meta.dirname, '../../.cache/accept-'))
const body = randomBytes(1024)
const head = JSON.stringify({
  key: 'github::1',
  type: 'push',
  headers: { 'content-type': 'application/json' },
})

interface Delivery {
  readonly key: string
  readonly body: Uint8Array
}

function byHand(file: string) {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(
    'CREATE TABLE inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, at INTEGER, head TEXT, body BLOB)',
  )
  const insert = database.prepare(
    'INSERT INTO inbox (key, at, head, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  let waiting: {
    readonly delivery: Delivery
    readonly resolve: (changes: number | bigint) => void
  }[] = []
  return ({ key, body: bytes }: Delivery) =>
    new Promise<number | bigint>((resolve) => {
      waiting.push({ delivery: { key, body: bytes }, resolve })
      if (waiting.length > 1) return
      setImmediate(() => {
        const batch = waiting
        waiting = []
        database.exec('BEGIN IMMEDIATE')
        const changes = batch.map(
          ({ delivery }) => insert.run(delivery.key, Date.now(), head, delivery.body).changes,
        )
        database.exec('COMMIT')
        batch.forEach(({ resolve: settle }, index) => settle(changes[index]!))
      })
    })
}

async function byEngine(file: string) {
  const { engine } = sqlite(file)
  await engine.open()
  return ({ key, body: bytes }: Delivery) =>
    engine.put({ key, endpoint: 'github', receivedAt: Date.now(), head, body: bytes })
}

/** Puts a second. */
async function rate(put: (delivery: Delivery) => Promise<unknown>): Promise<number> {
  let left = PUTS
  const began = performance.now()
  const lane = async () => {
    while (left-- > 0) await put({ key: randomBytes(32).toString('base64url'), body })
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return (PUTS / (performance.now() - began)) * 1000
}

const hand = byHand(join(folder, 'hand.db'))
const engine = await byEngine(join(folder, 'engine.db'))
const ratios: number[] = []
for (let round = -2; round < rounds; round++) {
  const handFirst = round % 2 === 0
  const before = handFirst ? await rate(hand) : 0
  const ours = await rate(engine)
  const theirs = handFirst ? before : await rate(hand)
  if (round >= 0) ratios.push(ours / theirs)
}
rmSync(folder, { recursive: true })
console.log(JSON.stringify(ratios))
process.exit(0)
