import { setTimeout as sleep } from 'node:timers/promises'
import { Queue, Worker, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bullmq, type BullmqOptions } from 'webhook-target/engines/bullmq'
import type { DeadLetter, Engine, InboxRecord, Verdict } from 'webhook-target/inbox'
import { testConformance } from './conformance.ts'
import { hasRedis, startRedis, type RedisServer } from './redis.ts'

const POLL = { timeout: 20_000, interval: 20 }

const available = hasRedis()
const closing: (() => Promise<unknown>)[] = []
let server: RedisServer
let queues = 0

if (available) {
  server = await startRedis()
  afterAll(() => server.remove())

  await testConformance('bullmq on a client', subject())
  await testConformance('bullmq on options', subject({ connection: { port: server.port } }))
}

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close().catch(() => undefined)
})

function engineOf(options: Partial<BullmqOptions> = {}, port = server.port): Engine {
  const given = options.connection ?? clientOf(port)
  return bullmq({ Queue, Worker, connection: given, queue: `q${++queues}`, ...options }).engine
}

function clientOf(port: number): Redis {
  const client = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  closing.push(async () => client.disconnect())
  return client
}

function subject(options: Partial<BullmqOptions> = {}) {
  let queue = ''
  const again = async () => engineOf({ ...options, queue })
  return {
    again,
    create: () => {
      queue = `conformance${++queues}`
      return again()
    },
  }
}

async function opened(options: Partial<BullmqOptions> = {}, port = server.port): Promise<Engine> {
  const engine = engineOf(options, port)
  await engine.open()
  closing.push(() => engine.close())
  return engine
}

let keys = 0
const record = (part: Partial<InboxRecord> = {}): InboxRecord => ({
  key: `key-${++keys}-${crypto.randomUUID()}`,
  endpoint: 'test',
  receivedAt: Date.now(),
  head: '{}',
  body: new TextEncoder().encode('{}'),
  ...part,
})

/** Has it worked on, and gives what was seen. */
async function working(engine: Engine, decide: (record: InboxRecord, attempt: number) => Verdict) {
  const seen: InboxRecord[] = []
  const worker = await engine.work!(
    async (given, { number }) => {
      seen.push(given)
      return decide(given, number)
    },
    { concurrency: 8, leaseMs: 1000 },
  )
  closing.push(() => worker.stop())
  return seen
}
const ack = (): Verdict => ({ kind: 'ack' })
const dead = (): Verdict => ({ kind: 'dead', reason: 'unfit' })

async function lettersOf(engine: Engine): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  for await (const letter of engine.dead!()) letters.push(letter)
  return letters
}
/** The dead letters, once there are as many. */
async function listed(engine: Engine, count: number): Promise<readonly DeadLetter[]> {
  await expect.poll(() => lettersOf(engine), POLL).toHaveLength(count)
  return lettersOf(engine)
}
/** Waits for verdicts, which are written after the work. */
async function acknowledged(queue: string, count: number): Promise<void> {
  const client = clientOf(server.port)
  await expect.poll(() => client.zcard(`bull:${queue}:completed`), POLL).toBe(count)
}
const seenAll = (seen: readonly InboxRecord[], count: number) =>
  expect.poll(() => seen.length, POLL).toBe(count)

describe.skipIf(!available)('bullmq: which Redis it takes', () => {
  const cases = [
    { name: 'appendonly no', config: { appendonly: 'no' }, error: /appendonly no/ },
    {
      name: 'one that evicts anything',
      config: { 'maxmemory-policy': 'allkeys-lru' },
      error: /allkeys-lru/,
    },
    {
      name: 'one that evicts what expires, which the keys of duplicates do',
      config: { 'maxmemory-policy': 'volatile-ttl' },
      error: /volatile-ttl/,
    },
  ]
  test.for(cases)('refuses $name, unless told to take it', async ({ config, error }) => {
    const other = await startRedis(config)
    closing.push(() => other.remove())
    await expect(opened({}, other.port)).rejects.toThrow(error)
    const assumed = await opened({ assumeDurable: true }, other.port)
    expect(assumed.capabilities.durable).toBe('disk')
    const unsafe = await opened({ unsafeVolatileRedis: true }, other.port)
    expect(unsafe.capabilities.durable).toBe('memory')
    expect(await unsafe.put(record())).toBe('stored')
  })

  test('needs no right to CONFIG', async () => {
    const admin = clientOf(server.port)
    await admin.acl('SETUSER', 'managed', 'on', '>pw', '~*', '&*', '+@all', '-config')
    const connection = { port: server.port, username: 'managed', password: 'pw' }
    expect(await (await opened({ connection })).put(record())).toBe('stored')
  })

  test('refuses one that is not there', async () => {
    await expect(opened({}, 1)).rejects.toThrow(/can't be used: .*ECONNREFUSED/)
  })

  test.for([
    { name: 'no classes', options: { Queue: undefined } },
    { name: 'no connection', options: { connection: undefined } },
    { name: 'a name with a colon', options: { queue: 'a:b' } },
    { name: 'a window of nothing', options: { windowSeconds: 0 } },
  ])('refuses $name', ({ options }) => {
    const given = { Queue, Worker, connection: {}, ...options } as unknown as BullmqOptions
    expect(() => bullmq(given)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })
})

describe.skipIf(!available)('bullmq: when Redis fails', () => {
  test('rejects at once while it is gone, and goes on when it is back', async () => {
    const other = await startRedis()
    closing.push(() => other.remove())
    const engine = await opened({}, other.port)
    const first = record()
    await engine.put(first)
    const seen = await working(engine, ack)
    await seenAll(seen, 1)
    await other.kill()
    const puts = Array.from({ length: 20 }, () =>
      engine.put(record(), { signal: AbortSignal.timeout(2000) }),
    )
    for (const put of puts) await expect(put).rejects.toThrow()
    await other.start()
    const later = record()
    await expect.poll(() => engine.put(later).catch(() => 'gone'), POLL).toMatch(/stored|duplicate/)
    await expect.poll(() => seen.some(({ key }) => key === later.key), POLL).toBe(true)
    expect(await engine.put(first)).toBe('duplicate')
  })

  test.for(['client', 'options'])(
    'says once that it is gone, and that it is back: %s',
    async (kind) => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      onTestFinished(() => warn.mockRestore())
      const lines = () => warn.mock.calls.map((call) => String(call))
      const other = await startRedis()
      closing.push(() => other.remove())
      const options = kind === 'client' ? {} : { connection: { port: other.port } }
      await working(await opened(options, other.port), ack)
      await other.kill()
      await expect.poll(lines, POLL).toHaveLength(1)
      await sleep(1500)
      await other.start()
      await expect.poll(lines, POLL).toHaveLength(2)
      const port = new RegExp(`^bullmq .* no work: .*:${other.port}\\.`)
      expect(lines()).toEqual([
        expect.stringMatching(port),
        expect.stringMatching(/^bullmq .* again/),
      ])
    },
  )

  test('says once that it takes no verdict, and does the work again when the lease has ended', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    onTestFinished(() => warn.mockRestore())
    let full = true
    const OfFull = class extends Worker {
      protected override async callProcessJob(job: Job, token: string, signal?: AbortSignal) {
        if (full) job.moveToCompleted = () => Promise.reject(new Error('OOM'))
        return super.callProcessJob(job, token, signal)
      }
    }
    const engine = await opened({ Worker: OfFull })
    for (let i = 0; i < 3; i++) await engine.put(record())
    const worker = await engine.work!(async () => ack(), { concurrency: 3, leaseMs: 2000 })
    closing.push(() => worker.stop())
    await expect.poll(() => warn.mock.calls, POLL).toHaveLength(1)
    full = false
    await expect.poll(() => warn.mock.calls, POLL).toHaveLength(2)
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^bullmq .* verdict.*: OOM\./)],
      [expect.stringMatching(/^bullmq .* again/)],
    ])
  })

  test('rejects when nobody waits any more for one that does not answer', async () => {
    const other = await startRedis()
    closing.push(() => other.remove())
    const engine = await opened({}, other.port)
    const admin = clientOf(other.port)
    await admin.client('PAUSE', 3000, 'WRITE')
    const late = record()
    await expect(engine.put(late, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/Nobody/)
    await expect.poll(() => engine.put(late), POLL).toBe('duplicate')
  })

  test.for(['client', 'options'])('stops and closes while it is gone: %s', async (kind) => {
    const other = await startRedis()
    closing.push(() => other.remove())
    const client = clientOf(other.port)
    const engine = await opened({ connection: kind === 'client' ? client : { port: other.port } })
    let began!: () => void
    const begun = new Promise<void>((resolve) => (began = resolve))
    let finish!: () => void
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const worker = await engine.work!(
      async () => {
        began()
        await finished
        return ack()
      },
      { concurrency: 1, leaseMs: 1000 },
    )
    await engine.put(record())
    await begun
    await other.kill()
    finish()
    await worker.stop()
    await engine.close()
    await other.start()
    expect(await client.ping()).toBe('PONG')
    // Whatever was opened for it does not come back.
    await sleep(1500)
    expect(await client.client('LIST')).toMatch(/^[^\n]*\n$/)
  })

  test('loses nothing that was acknowledged when it is killed', async () => {
    const other = await startRedis()
    closing.push(() => other.remove())
    const queue = 'killed'
    const engine = await opened({ queue }, other.port)
    const acknowledged: string[] = []
    let killing: Promise<void> | undefined
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 100; i++) {
          const given = record({ body: crypto.getRandomValues(new Uint8Array(2000)) })
          const put = await engine.put(given, { signal: AbortSignal.timeout(1000) }).catch(() => '')
          if (put) acknowledged.push(given.key)
          if (acknowledged.length === 300) killing ??= other.kill()
        }
      }),
    )
    await killing
    expect(acknowledged.length).toBeGreaterThanOrEqual(300)
    expect(acknowledged.length).toBeLessThan(800)
    await other.start()
    const again = await opened({ queue }, other.port)
    const seen = await working(again, ack)
    await expect
      .poll(() => {
        const found = new Set(seen.map(({ key }) => key))
        return acknowledged.filter((key) => !found.has(key)).length
      }, POLL)
      .toBe(0)
  })

  test('refuses puts before it is full, so that the work can end', async () => {
    const other = await startRedis()
    closing.push(() => other.remove())
    const engine = await opened({ replayRecords: 1 }, other.port)
    const admin = clientOf(other.port)
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))![1])
    await admin.config('SET', 'maxmemory', used + 20_000_000)
    const body = new Uint8Array(300_000)
    let stored = 0
    for (;;) {
      const put = await engine.put(record({ body })).catch((error: Error) => error.message)
      if (put !== 'stored') {
        expect(put).toMatch(/maxmemory/)
        break
      }
      stored++
      await sleep(50) // it looks once a second
    }
    expect(stored).toBeGreaterThan(0)
    await seenAll(await working(engine, ack), stored)
    await expect.poll(() => engine.put(record({ body })).catch(() => 'full'), POLL).toBe('stored')
  })
})

describe.skipIf(!available)('bullmq: what it keeps', () => {
  const text = (value: string) => new TextEncoder().encode(value)
  const bodies = [
    { name: 'every byte', body: Uint8Array.from({ length: 256 }, (_, i) => i) },
    { name: 'what is not UTF-8', body: Uint8Array.of(0xff, 0xfe, 0xed, 0xa0, 0x80, 0) },
    {
      name: 'JSON that JSON.parse would change',
      body: text('{"a":1e400,"b":12345678901234567890}'),
    },
    { name: 'a prototype', body: text('{"__proto__":{"x":1},"constructor":null}') },
    { name: 'a line of Redis', body: text('*1\r\n$8\r\nFLUSHALL\r\n') },
    { name: 'noise', body: crypto.getRandomValues(new Uint8Array(65_536)) },
    { name: '12 MiB', body: new Uint8Array(12 * 1024 ** 2).fill(0xa5) },
  ]
  test.for(bodies)('gives back $name', async ({ body }) => {
    const engine = await opened()
    const head = '{"id":"a:b/../\\u0000\\ud800","n":"\u2028"}'
    await engine.put(record({ body, head, endpoint: 'a:b', order: 'o' }))
    const seen = await working(engine, ack)
    await seenAll(seen, 1)
    expect(Buffer.from(seen[0]!.body).equals(body)).toBe(true)
    expect(seen[0]).toMatchObject({ head, endpoint: 'a:b', order: 'o' })
  })

  test.for(['17', 'a:b', '0', '0:1', '__proto__', '../../x', '\u{1F600}'])(
    'tells duplicates of the key %s',
    async (key) => {
      const engine = await opened()
      expect(await engine.put(record({ key }))).toBe('stored')
      expect(await engine.put(record({ key }))).toBe('duplicate')
      expect(await engine.put(record())).toBe('stored')
    },
  )

  test('takes a key again after its window', async () => {
    const engine = await opened({ windowSeconds: 1, keys: false })
    const given = record()
    const began = performance.now()
    expect(await engine.put(given)).toBe('stored')
    await expect.poll(() => engine.put(given), POLL).toBe('stored')
    expect(performance.now() - began).toBeGreaterThanOrEqual(990)
  })

  test('keeps no more of what is done than it may, and yet its keys', async () => {
    const queue = 'few'
    const engine = await opened({ queue, replayRecords: 3 })
    const records = Array.from({ length: 10 }, () => record())
    for (const given of records) await engine.put(given)
    const seen = await working(engine, ack)
    await seenAll(seen, 10)
    await acknowledged(queue, 3)
    expect(await engine.replay!({ since: 0 })).toBe(3)
    await seenAll(seen, 13)
    for (const given of records) expect(await engine.put(given)).toBe('duplicate')
  })

  test('keeps everything for good, if it is told to', async () => {
    const [queue, forever] = ['forever', Infinity]
    const engine = await opened({
      queue,
      windowSeconds: forever,
      replaySeconds: forever,
      replayRecords: forever,
      deadSeconds: forever,
    })
    const records = [record(), record(), record(), record()]
    const [first, second] = records
    const ruined = new Set([first!.key, second!.key])
    for (const given of records) await engine.put(given)
    const seen = await working(engine, ({ key }) => (ruined.has(key) ? dead() : ack()))
    await listed(engine, 2)
    await acknowledged(queue, 2)
    ruined.clear()
    expect(await engine.replay!({ since: 0 })).toBe(4)
    await seenAll(seen, 8)
    for (const given of records) expect(await engine.put(given)).toBe('duplicate')
  })

  test('lists dead letters in order, and keeps them longer than their keys', async () => {
    const engine = await opened({ windowSeconds: 0.5, keys: false })
    const records = Array.from({ length: 5 }, () => record())
    let ruin = true
    const seen = await working(engine, () => (ruin ? dead() : ack()))
    for (const [index, given] of records.entries()) {
      await engine.put(given)
      await listed(engine, index + 1)
    }
    const letters = await listed(engine, 5)
    expect(letters.map(({ record: { key } }) => key)).toEqual(records.map(({ key }) => key))
    expect(letters[0]!.at).toBeGreaterThanOrEqual(records[0]!.receivedAt)
    await sleep(600)
    ruin = false
    const wanted = [records[1]!.key, records[1]!.key, 'unknown']
    expect(await engine.replay!({ keys: wanted })).toBe(1)
    await seenAll(seen, 6)
    expect(seen[5]!.key).toBe(records[1]!.key)
    await listed(engine, 4)
  })

  test('replays what was received since a time, done or dead, and nothing that waits', async () => {
    const queue = 'since'
    const engine = await opened({ queue })
    const [old, done, ruined] = [record({ receivedAt: 1000 }), record(), record()]
    let ruin = true
    const seen = await working(engine, ({ key }) => (ruin && key === ruined.key ? dead() : ack()))
    for (const given of [old, done, ruined]) await engine.put(given)
    await listed(engine, 1)
    await acknowledged(queue, 2)
    ruin = false
    const since = Math.min(done.receivedAt, ruined.receivedAt)
    expect(await engine.replay!({ since })).toBe(2)
    await seenAll(seen, 5)
    await listed(engine, 0)
    const idle = await opened()
    await idle.put(record())
    expect(await idle.replay!({ since: 0 })).toBe(0)
  })

  test.for([true, false])('revives a dead letter that comes again: %s', async (revive) => {
    const engine = await opened({ revive })
    const given = record()
    await engine.put(given)
    const numbers: number[] = []
    await working(engine, (_, number) => (numbers.push(number) === 1 ? dead() : ack()))
    await listed(engine, 1)
    expect(await engine.put(given)).toBe(revive ? 'stored' : 'duplicate')
    await listed(engine, revive ? 0 : 1)
    expect(numbers).toEqual(revive ? [1, 1] : [1])
    expect(await engine.put(given)).toBe('duplicate')
  })

  test('counts attempts that ended with their process, however many', async () => {
    const queue = 'crashes'
    const engine = await opened({ queue })
    await engine.put(record())
    const numbers: number[] = []
    let thaw!: (verdict: Verdict) => void
    const frozen = new Promise<Verdict>((resolve) => (thaw = resolve))
    for (let i = 1; i <= 4; i++) {
      const other = await opened({ queue })
      const worker = await other.work!(
        async (_, { number }) => {
          numbers.push(number)
          return number < 4 ? frozen : ack()
        },
        { concurrency: 1, leaseMs: 300 },
      )
      closing.push(() => worker.stop())
      await expect.poll(() => numbers.at(-1), POLL).toBe(i)
    }
    thaw(dead())
    await listed(engine, 0)
    expect(numbers).toEqual([1, 2, 3, 4])
  })

  test('gives up the jobs of others, and lists its own only', async () => {
    const queue = 'shared'
    const engine = await opened({ queue })
    const foreign = new Queue(queue, { connection: { port: server.port } })
    closing.push(() => foreign.close())
    const spoilt = { key: 'k', receivedAt: 1, head: '{}', body: '*' }
    const others = [{ to: 'somebody' }, null, 'text', 17, spoilt]
    for (const data of others) await foreign.add('mail', data)
    await working(engine, dead)
    await engine.put(record())
    await expect.poll(() => foreign.getFailedCount(), POLL).toBe(6)
    await listed(engine, 1)
    expect(await engine.replay!({ keys: ['k'] })).toBe(1)
  })

  test('tries again after work that rejects, which it should not', async () => {
    const engine = await opened()
    await engine.put(record())
    let runs = 0
    const worker = await engine.work!(
      async () => {
        if (++runs === 1) throw new Error('a store of keys that is gone')
        return ack()
      },
      { concurrency: 1, leaseMs: 300 },
    )
    closing.push(() => worker.stop())
    await expect.poll(() => runs, POLL).toBe(2)
    await listed(engine, 0)
  })
})
