import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Pool } from 'pg'
import { PgBoss } from 'pg-boss'
import { afterAll, describe, expect, test } from 'vitest'
import { createWebhookHandler } from 'webhook-target'
import { pgBoss, type HandlerTransaction, type PgBossOptions } from 'webhook-target/engines/pg-boss'
import type { Attempt, DeadLetter, Engine, InboxRecord, Run, Verdict } from 'webhook-target/inbox'
import { AttemptTransaction } from '../../src/engines/lib/pg-boss-transaction.ts'
import { exchange, fetchDoor } from '../support/doors.ts'
import { recorder, silent } from '../support/reports.ts'
import { acme, fromAcme } from '../support/senders.ts'
import { testConformance } from './conformance.ts'
import { noPostgres, startPostgres } from './postgres.ts'

if (noPostgres) {
  test.skip(`pg-boss (${noPostgres})`, () => undefined)
} else {
  const postgres = await startPostgres()
  const pool = new Pool({ connectionString: postgres.url, max: 4 })
  pool.on('error', () => undefined)
  const instances: PgBoss[] = []
  const instance = () => {
    const boss = new PgBoss({ connectionString: postgres.url, max: 12 })
    boss.on('error', () => undefined)
    instances.push(boss)
    return boss
  }
  afterAll(async () => {
    await Promise.all(instances.map((boss) => boss.stop({ graceful: false })))
    await pool.end()
    await postgres.remove()
  })

  // Two instances, as two processes have them, and a queue for each case.
  const [first, second] = [await instance().start(), await instance().start()]
  let count = 0
  const queueName = () => `queue-${++count}`
  function subject(options: PgBossOptions = {}) {
    let queue = ''
    return {
      create: async () => pgBoss(first, { ...options, queue: (queue = queueName()) }).engine,
      again: async () => pgBoss(second, { ...options, queue }).engine,
      // Longer than a commit may take here.
      leaseMs: 1000,
    }
  }

  await testConformance('pg-boss', subject())
  await testConformance('pg-boss in order', subject({ order: () => undefined }))
  await testConformance('pg-boss with transactions', subject({ transactional: true }))

  /** An engine on a queue of its own, and what ends it. */
  async function opened(boss: PgBoss, options: PgBossOptions = {}): Promise<Engine> {
    const { engine } = pgBoss(boss, { queue: queueName(), ...options })
    await engine.open()
    return engine
  }

  describe('pg-boss', () => {
    test('what a handler writes is there once, though workers are cut off in the midst of it', async () => {
      await pool.query('CREATE TABLE effects (key text NOT NULL)')
      const queue = queueName()
      const records = Array.from({ length: 60 }, () => record())
      const engine = await opened(first, { queue, transactional: true })
      await Promise.all(records.map((each) => engine.put(each)))
      const other = await opened(second, { queue, transactional: true })
      let runs = 0
      const run: Run = async ({ key }, attempt) => {
        const transaction = bound(attempt.transaction)
        await transaction.query('INSERT INTO effects VALUES ($1)', [key])
        // Each third connection is lost before it can commit, and each fifth handler fails.
        if (++runs % 3 === 0) await terminated(pool, transaction)
        return runs % 5 === 0 ? FAILED : committed(attempt)
      }
      const options = { concurrency: 4, leaseMs: 5000 }
      const workers = [await engine.work!(run, options), await other.work!(run, options)]
      await until(async () => (await effects()).length >= records.length)
      await Promise.all(workers.map((worker) => worker.stop()))
      expect((await effects()).toSorted()).toEqual(records.map(({ key }) => key).toSorted())
      expect(runs).toBeGreaterThan(records.length)

      async function effects(): Promise<readonly string[]> {
        const { rows } = await pool.query<{ key: string }>('SELECT key FROM effects')
        return rows.map(({ key }) => key)
      }
    })

    test('an effect writes with context.transaction, and duplicates do not', async () => {
      await pool.query('CREATE TABLE orders (n int NOT NULL)')
      const inbox = pgBoss(second, { queue: queueName(), transactional: true })
      const handler = createWebhookHandler({
        provider: acme(),
        telemetry: silent,
        inbox,
        acknowledge: 'processed',
        on: {
          '*': async (_event, { transaction }) => {
            await bound(transaction).query('INSERT INTO orders VALUES (1)')
          },
        },
      })
      await inbox.work()
      const send = async () => (await exchange(fetchDoor, handler, fromAcme({ id: 'one' }))).status
      expect([await send(), await send(), await send()]).toEqual([200, 200, 200])
      await inbox.close()
      expect((await pool.query('SELECT n FROM orders')).rows).toEqual([{ n: 1 }])
    })

    test('an attempt whose transaction can not be committed has failed, and its dead letter says why', async () => {
      const backoff = { baseSeconds: 0.01, maxSeconds: 0.01 }
      const options = { queue: queueName(), transactional: true, attempts: 3, backoff }
      const inbox = pgBoss(second, options)
      const { telemetry, reports } = recorder()
      const handler = createWebhookHandler({
        provider: acme(),
        telemetry,
        inbox,
        acknowledge: 'processed',
        on: {
          '*': async (_event, { transaction }) => {
            // PostgreSQL refuses to commit after it, whatever becomes of the error.
            await bound(transaction)
              .query('SELECT nonsense')
              .catch(() => undefined)
          },
        },
      })
      await inbox.work()
      expect((await exchange(fetchDoor, handler, fromAcme({ id: 'one' }))).status).toBe(503)
      const letters: DeadLetter[] = []
      await until(async () => {
        for await (const letter of inbox.dead()) letters.push(letter)
        return letters.length > 0
      })
      await inbox.close()
      const attempts = reports.filter(({ attempt }) => attempt !== undefined)
      const error = { code: 'ERR_HANDLER_FAILED' }
      expect(attempts).toMatchObject([
        { attempt: 1, outcome: 'unavailable', error },
        { attempt: 2, outcome: 'unavailable', error },
        { attempt: 3, outcome: 'dead', error },
      ])
      expect(letters).toMatchObject([{ reason: expect.stringContaining('aborted') as string }])
    })

    test('what a handler writes is undone unless its attempt is committed', async () => {
      await pool.query('CREATE TABLE undone (attempt int NOT NULL)')
      const engine = await opened(first, { transactional: true })
      const put = record()
      await engine.put(put)
      let late!: Attempt
      const worker = await engine.work!(
        async (_record, attempt) => {
          const { number, transaction } = (late = attempt)
          await bound(transaction).query('INSERT INTO undone VALUES ($1)', [number])
          return number === 1 ? FAILED : { kind: 'ack' }
        },
        { concurrency: 1, leaseMs: 5000 },
      )
      await until(() => late?.number === 2)
      await worker.stop()
      await expect(late.commit!()).rejects.toThrow('over')
      expect((await pool.query('SELECT attempt FROM undone')).rows).toEqual([])
      expect(await engine.replay!({ keys: [put.key] })).toBe(1) // for it is done
    })

    test('what a handler writes is undone if its work was given to another', async () => {
      await pool.query('CREATE TABLE taken (attempt int NOT NULL)')
      const queue = queueName()
      const engine = await opened(first, { queue, transactional: true })
      await engine.put(record())
      let thaw!: () => void
      const frozen = new Promise<void>((resolve) => (thaw = resolve))
      const write: Run = async (_record, attempt) => {
        const { number, transaction } = attempt
        await bound(transaction).query('INSERT INTO taken VALUES ($1)', [number])
        if (number === 1) await frozen
        return committed(attempt)
      }
      const worker = await engine.work!(write, { concurrency: 1, leaseMs: 500 })
      const other = await opened(second, { queue, transactional: true })
      const rescuer = await other.work!(write, { concurrency: 1, leaseMs: 500 })
      await until(async () => (await attempts()).length > 0)
      thaw()
      await Promise.all([worker.stop(), rescuer.stop()])
      expect(await attempts()).toEqual([2])

      async function attempts(): Promise<readonly number[]> {
        const { rows } = await pool.query<{ attempt: number }>('SELECT attempt FROM taken')
        return rows.map(({ attempt }) => attempt)
      }
    })

    test('what a handler writes stays if its own process was given its work again meanwhile', async () => {
      await pool.query('CREATE TABLE again (attempt int NOT NULL)')
      const engine = await opened(first, { transactional: true })
      const put = record()
      await engine.put(put)
      let ended = false
      const worker = await engine.work!(
        async (_record, attempt) => {
          const { number, transaction } = attempt
          await bound(transaction).query('INSERT INTO again VALUES ($1)', [number])
          await new Promise((resolve) => setTimeout(resolve, 2000))
          ended = true
          return committed(attempt)
        },
        { concurrency: 2, leaseMs: 500 },
      )
      await until(() => ended)
      await worker.stop()
      const { rows } = await pool.query<{ attempt: number }>('SELECT attempt FROM again')
      expect(rows).toEqual([{ attempt: 1 }])
      expect(await engine.replay!({ keys: [put.key] })).toBe(1) // for it is done
    })

    test('a transaction that is over takes no more statements', async () => {
      const engine = await opened(first, { transactional: true })
      await engine.put(record())
      let late!: HandlerTransaction
      const worker = await engine.work!(
        async (_record, { transaction }) => {
          late = bound(transaction)
          return { kind: 'ack' }
        },
        { concurrency: 1, leaseMs: 5000 },
      )
      await until(() => late !== undefined)
      await worker.stop()
      await expect(late.query('SELECT 1')).rejects.toThrow('over')
    })

    test('a transaction that could not begin is not committed, and one that nobody asked for is none', async () => {
      const fail = () => Promise.reject(new Error('no connection'))
      const transaction = new AttemptTransaction(fail, fail)
      await expect(transaction.query('SELECT 1')).rejects.toThrow('no connection')
      await expect(transaction.commit()).rejects.toThrow('no connection')
      expect(await transaction.end()).toBe(false)
      const unused = new AttemptTransaction(fail, fail)
      await unused.commit()
      expect(await unused.end()).toBe(false)
    })

    test('a process that is killed has its work done by another, as a further attempt', async () => {
      const queue = queueName()
      const engine = await opened(first, { queue })
      await engine.put(record())
      const child = spawn(
        process.execPath,
        [
          '--conditions=@webhook-target/source',
          new URL('pg-boss-process.ts', import.meta.url).pathname,
          postgres.url,
          queue,
          '1000',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      await once(child.stdout, 'data')
      const numbers: number[] = []
      const worker = await engine.work!(
        async (_record, { number }) => {
          numbers.push(number)
          return { kind: 'ack' }
        },
        { concurrency: 1, leaseMs: 1000 },
      )
      child.kill('SIGKILL')
      await until(() => numbers.length > 0)
      await worker.stop()
      expect(numbers).toEqual([2])
    })

    test('keeps what JSON in a database would change or refuse', async () => {
      const engine = await opened(first)
      const hostile = [
        '{"a":"\\u0000"}',
        '{"lone":"\\ud800"}',
        '{"b":12345678901234567890,"a":1.0,"a":2}',
        '\u0000\uFEFF not JSON',
      ].map((text) => record({ body: new TextEncoder().encode(text) }))
      hostile.push(
        record({ body: new Uint8Array([0xff, 0xfe, 0, 0x80]) }),
        record({ body: new Uint8Array(12 * 1024 ** 2).fill(0x80) }),
        record({ endpoint: "'; DROP TABLE x; --", head: '{"a":"\\u0000\\ud800"}' }),
        record({ endpoint: '\u0000', order: '\u0000\ud800', head: '\u0000' }),
      )
      await Promise.all(hostile.map((each) => engine.put(each)))
      const seen = new Map<string, InboxRecord>()
      const worker = await engine.work!(
        async (each) => {
          seen.set(each.key, each)
          return { kind: 'dead', reason: '\u0000\ud800' }
        },
        { concurrency: 4, leaseMs: 10_000 },
      )
      await until(() => seen.size === hostile.length)
      await worker.stop()
      for (const each of hostile) expect(same(seen.get(each.key)!, each)).toBe(true)
      const reasons: string[] = []
      for await (const letter of engine.dead!()) {
        reasons.push(letter.reason)
        expect(
          same(
            letter.record,
            hostile.find(({ key }) => key === letter.record.key)!,
          ),
        ).toBe(true)
      }
      expect(reasons).toEqual(hostile.map(() => '\u0000\ud800'))
    })

    test('keeps the order of what was put at once', async () => {
      const engine = await opened(first, { order: () => undefined })
      const records = Array.from({ length: 12 }, () => record({ order: 'same' }))
      await Promise.all(records.map((each) => engine.put(each)))
      const seen: string[] = []
      const run: Run = async ({ key }) => {
        seen.push(key)
        return { kind: 'ack' }
      }
      const worker = await engine.work!(run, { concurrency: 4, leaseMs: 5000 })
      await until(() => seen.length === records.length)
      expect(await engine.replay!({ since: 0 })).toBe(records.length)
      await until(() => seen.length === 2 * records.length)
      await worker.stop()
      const keys = records.map(({ key }) => key)
      expect(seen).toEqual([...keys, ...keys])
    })

    test('puts back what was received since a time, dead or done, and nothing twice', async () => {
      const engine = await opened(first)
      const old = record({ receivedAt: 1000 })
      const recent = Array.from({ length: 150 }, () => record({ receivedAt: 2000 }))
      await Promise.all([old, ...recent].map((each) => engine.put(each)))
      const runs = new Map<string, number>()
      const run: Run = async ({ key }) => {
        runs.set(key, (runs.get(key) ?? 0) + 1)
        return runs.size % 2 ? { kind: 'ack' } : { kind: 'dead', reason: 'unfit' }
      }
      const worker = await engine.work!(run, { concurrency: 16, leaseMs: 10_000 })
      await until(() => runs.size === 151)
      await worker.stop()
      expect(await engine.replay!({ since: 2000 })).toBe(150)
      expect(await engine.replay!({ since: 2000 })).toBe(0)
      expect(await engine.replay!({ keys: [old.key, recent[0]!.key, 'no such key'] })).toBe(1)
    })

    test('rejects while the database is away, and goes on after it', async () => {
      const engine = await opened(first)
      const [before, after] = [record(), record()]
      await engine.put(before)
      const seen: string[] = []
      const run: Run = async ({ key }) => {
        seen.push(key)
        return { kind: 'ack' }
      }
      await postgres.kill()
      const worker = await engine.work!(run, { concurrency: 2, leaseMs: 10_000 })
      await expect(Promise.all([engine.put(after), engine.put(record())])).rejects.toThrow()
      await postgres.start()
      await until(async () => (await engine.put(after).catch(() => '')) !== '')
      await until(() => seen.length === 2)
      await worker.stop()
      expect(seen.toSorted()).toEqual([before.key, after.key].toSorted())
      expect(await engine.put(before)).toBe('duplicate')
    })

    test('starts an instance that is not started, and stops that one only', async () => {
      const boss = instance()
      const inbox = pgBoss(boss, { queue: queueName() })
      await inbox.open()
      await inbox.close()
      await expect(boss.send('webhook-target', {})).rejects.toThrow()
      await inbox.open() // and once more
      await inbox.close()
      const other = pgBoss(first, { queue: queueName() })
      await other.open()
      await other.close()
      expect(await first.getQueue(`queue-${count}`)).not.toBeNull()
    })

    test('refuses a queue of another policy, a wrong schema, and a database that may lose commits', async () => {
      const queue = queueName()
      await opened(first, { queue })
      await expect(opened(first, { queue, order: () => undefined })).rejects.toThrow(
        'key_strict_fifo',
      )
      await expect(opened(first, { schema: 'elsewhere' })).rejects.toThrow('elsewhere')
      const careless = new PgBoss({
        connectionString: `${postgres.url}?options=-csynchronous_commit%3Doff`,
      })
      careless.on('error', () => undefined)
      await expect(opened(careless)).rejects.toThrow('synchronous_commit')
      await opened(careless, { unsafeVolatileDisk: true })
      await careless.stop({ graceful: false })
      expect(() => pgBoss(first, { queue: "a'b" })).toThrow('queue')
      expect(() => pgBoss(first, { schema: 'a b' })).toThrow('schema')
    })
  })
}

/** As the network or an operator would do it. */
async function terminated(pool: Pool, transaction: HandlerTransaction): Promise<void> {
  const { rows } = await transaction.query('SELECT pg_backend_pid() AS pid')
  const [row] = rows as { pid: number }[]
  await pool.query('SELECT pg_terminate_backend($1)', [row!.pid])
}

const FAILED = { kind: 'retry', afterMs: 0, reason: 'failed' } as const

/** The verdict on what has ended well, if that can last. */
const committed = ({ commit }: Attempt): Promise<Verdict> =>
  commit!().then(
    () => ({ kind: 'ack' }),
    () => FAILED,
  )

const bound = (transaction: unknown) => transaction as HandlerTransaction

function record(part: Partial<InboxRecord> = {}): InboxRecord {
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const body = new TextEncoder().encode(`{"key":"${key}"}`)
  return { key, endpoint: 'test', receivedAt: 1_700_000_000_123, head: '{}', body, ...part }
}

function same(a: InboxRecord, b: InboxRecord): boolean {
  return (
    Buffer.compare(a.body, b.body) === 0 &&
    a.head === b.head &&
    a.endpoint === b.endpoint &&
    a.order === b.order &&
    a.receivedAt === b.receivedAt
  )
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within 30 s: ${String(condition)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
