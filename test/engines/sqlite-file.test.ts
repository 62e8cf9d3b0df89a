import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sqlite } from 'webhook-target/engines/sqlite'
import type { Run, Worker } from 'webhook-target/inbox'
import { folder, newFile, open, record } from './sqlite-files.ts'

describe('refuses to open', () => {
  const cases: readonly (readonly [name: string, make: (file: string) => void, reason: RegExp])[] =
    [
      [
        'what is no database',
        (file) => writeFileSync(file, 'hello '.repeat(1000)),
        /not a database/,
      ],
      [
        'the database of another program',
        (file) => new DatabaseSync(file).exec('CREATE TABLE a (b)'),
        /another program/,
      ],
      ['a folder', (file) => mkdirSync(file), /unable to open/],
    ]
  test.each(cases)('%s', async (_name, make, reason) => {
    const file = newFile()
    make(file)
    await expect(sqlite(file).open()).rejects.toThrow(reason)
    await expect(sqlite(file).open()).rejects.toThrow(file)
  })

  test('tables of a later version', async () => {
    const { file, database, inbox } = await open()
    database.exec('PRAGMA user_version = 99')
    await inbox.close()
    await expect(sqlite(file).open()).rejects.toThrow(/version 99, and this release knows \d+/)
  })

  test('a file in a folder that is not there', async () => {
    const file = join(folder, 'missing', 'inbox.db')
    await expect(sqlite(file).open()).rejects.toThrow(file)
  })

  test.skipIf(!existsSync('/dev/shm'))('a disk that is memory, unless told to', async () => {
    const file = join(mkdtempSync('/dev/shm/sqlite-'), 'inbox.db')
    onTestFinished(() => rmSync(join(file, '..'), { recursive: true }))
    await expect(sqlite(file).open()).rejects.toThrow(/in memory \(tmpfs\).*unsafeVolatileDisk/)
    const { engine } = await open(file, { unsafeVolatileDisk: true })
    expect(engine.capabilities.durable).toBe('memory')
  })

  test.skipIf(!existsSync('/dev/shm')).each(['there', 'still to be made'])(
    'what leads to a disk that is memory: to a file that is %s',
    async (which) => {
      const memory = mkdtempSync('/dev/shm/sqlite-')
      onTestFinished(() => rmSync(memory, { recursive: true }))
      if (which === 'there') writeFileSync(join(memory, 'inbox.db'), '')
      const [file, step] = [newFile(), newFile()]
      symlinkSync(join(memory, 'inbox.db'), step)
      symlinkSync(basename(step), file)
      await expect(sqlite(file).open()).rejects.toThrow(/in memory \(tmpfs\)/)
    },
  )

  test('what leads to itself', async () => {
    const file = newFile()
    symlinkSync(file, file)
    await expect(sqlite(file).open()).rejects.toThrow(file)
  })

  const EXT4 = 0xef53
  const root = '/dev/vda / ext4 rw 0 0\n'
  const volume = `${root}/dev/vdb ${folder} ext4 rw 0 0\n`
  const disks: readonly (readonly [
    name: string,
    disk: { env?: string; type?: number; mounts?: string },
    reason: RegExp | undefined,
  ])[] = [
    ['a disk that stays', {}, undefined],
    ['memory', { type: 0x01021994 }, /in memory \(tmpfs\)/],
    ['the network', { type: 0x6969 }, /on the network \(NFS\)/],
    [
      'the layer of a container',
      { type: 0x794c7630 },
      /layer of a container \(overlayfs\).*volume/,
    ],
    ...['K_SERVICE', 'FUNCTION_TARGET'].flatMap((env) => [
      [`the own disk, ${env}`, { env }, new RegExp(`${env} is set.*mount a volume`)] as const,
      [`a volume, ${env}`, { env, mounts: volume }, undefined] as const,
      [
        `a volume beside it, ${env}`,
        { env, mounts: `${root}/dev/vdb ${folder}-2 ext4 rw 0 0\n` },
        /mount a volume/,
      ] as const,
    ]),
    ...['AWS_LAMBDA_FUNCTION_NAME', 'VERCEL', 'NETLIFY'].flatMap((env) => [
      [`the own disk, ${env}`, { env }, new RegExp(`${env} is set.*goes with it`)] as const,
      [`a mount, ${env}`, { env, mounts: volume }, new RegExp(`${env} is set`)] as const,
    ]),
  ]
  test.each(disks)('by its disk: %s', async (_name, disk, reason) => {
    const { env, type = EXT4, mounts = root } = disk
    const fs = process.getBuiltinModule('node:fs')
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
      name === 'node:fs'
        ? {
            ...fs,
            statfsSync: () => ({ type }),
            readFileSync: (path: string, encoding: 'utf8') =>
              path === '/proc/self/mounts' ? mounts : fs.readFileSync(path, encoding),
          }
        : createRequire(import.meta.url)(name)) as never)
    if (env) vi.stubEnv(env, 'a')
    onTestFinished(() => void vi.unstubAllEnvs().restoreAllMocks())
    if (!reason) return void (await open())
    const opened = sqlite(newFile()).open()
    await expect(opened).rejects.toThrow(reason)
    await expect(opened).rejects.toThrow(/unsafeVolatileDisk/)
    await open(newFile(), { unsafeVolatileDisk: true })
  })

  test.each(['', ':memory:'])('no file at all: %j', (file) => {
    expect(() => sqlite(file)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })
})

describe('durability', () => {
  test('a write-ahead log, and every commit synced', async () => {
    const { database, engine } = await open()
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    await engine.put(record())
    // `synchronous` belongs to a connection, so it is asked of the one in use.
    const statements: string[] = []
    const Database = class extends DatabaseSync {
      override exec(sql: string) {
        statements.push(sql)
        super.exec(sql)
      }
    }
    await open(newFile(), { database: Database })
    expect(statements).toContain('PRAGMA synchronous = FULL')
  })

  test('many at once take one commit', async () => {
    const commits: string[] = []
    const Database = class extends DatabaseSync {
      override exec(sql: string) {
        if (sql === 'COMMIT') commits.push(sql)
        super.exec(sql)
      }
    }
    const { engine } = await open(newFile(), { database: Database })
    commits.length = 0
    await Promise.all(Array.from({ length: 64 }, () => engine.put(record())))
    expect(commits.length).toBeLessThan(8)
  })

  test('one that can not be stored does not fail the others', async () => {
    const { engine, rows } = await open()
    const bad = record({ head: null as never })
    const puts = await Promise.allSettled([
      engine.put(record()),
      engine.put(bad),
      engine.put(record()),
    ])
    expect(puts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(rows()).toHaveLength(2)
  })

  test('what nobody waits for any more is not stored', async () => {
    const { engine, rows } = await open()
    await expect(engine.put(record(), { signal: AbortSignal.abort() })).rejects.toThrow(
      /Nobody waits/,
    )
    expect(rows()).toEqual([])
  })

  test('a locked database holds up neither the event loop nor anything else', async () => {
    const { engine, database, rows } = await open()
    database.exec('BEGIN IMMEDIATE')
    let stored = false
    const put = engine.put(record()).then(() => (stored = true))
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
    expect(stored).toBe(false)
    database.exec('COMMIT')
    await put
    expect(rows()).toHaveLength(1)
  })

  test('a file that has reached its limit takes no more, and again when there is room', async () => {
    const { engine } = await open(newFile(), { maxFileBytes: 250_000 })
    const big = () => record({ body: new Uint8Array(60_000) })
    await engine.put(big())
    await engine.put(big())
    await expect(engine.put(big())).rejects.toThrow(/maxFileBytes.*do workers run/)
    expect(await engine.put(record())).toBe('stored')
  })

  test('a delivery that no room can be made for is told so', async () => {
    const { engine } = await open(newFile(), { maxFileBytes: 200_000 })
    const put = engine.put(record({ body: new Uint8Array(180_000) }))
    await expect(put).rejects.toThrow(/too small for this delivery/)
  })

  // 4 KiB are the worst case: such a row has a page for itself, but none that it would free when it shrinks.
  test.each([100, 2048, 4096, 60_000])(
    'what is done makes room, its content first, at %i bytes',
    async (length) => {
      const { engine, database, rows } = await open(newFile(), { maxFileBytes: 400_000 })
      const key = (index: number) => `${index}`.padStart(43, 'k')
      const contents = () => rows().filter(({ body }) => body !== null)
      const count = Math.ceil(500_000 / length)
      for (let index = 0; index < count; index++) {
        const put = record({ key: key(index), body: new Uint8Array(length) })
        expect(await engine.put(put)).toBe('stored')
        database.exec('UPDATE inbox SET state = 1, due = 0 WHERE state = 0')
        if (contents().length < index + 1) break
      }
      expect(contents().length).toBeGreaterThan(0)
      // A key is kept for which only the content had to go.
      expect(await engine.put(record({ key: key(0), body: new Uint8Array(length) }))).toBe(
        'duplicate',
      )
      expect(Object.values(database.prepare('PRAGMA integrity_check').get()!)).toEqual(['ok'])
    },
  )

  test('when no content is left, what is done makes room by its key; nothing else does', async () => {
    const { engine, file, database, rows } = await open()
    await engine.put(record({ key: 'dead' }))
    database.exec("UPDATE inbox SET state = 2, reason = ''")
    await engine.put(record({ key: 'todo' }))
    database.exec(`
      WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 2000)
      INSERT INTO inbox (key, state, due, changed, endpoint, received_at, head)
      SELECT printf('%043d', n), 1, 0, n, 'test', 0, '' FROM number`)
    const { engine: full } = await open(file, { maxFileBytes: 400_000 })
    const big = () => full.put(record({ body: new Uint8Array(100_000) }))
    expect(await big()).toBe('stored')
    const keys = rows().map((row) => row['key'])
    expect(keys).toContain(String(2000).padStart(43, '0'))
    expect(keys).not.toContain(String(1).padStart(43, '0'))
    expect(await big()).toBe('stored')
    expect(await big()).toBe('stored')
    await expect(big()).rejects.toThrow(/do workers run/)
    expect(rows().map(({ state }) => state)).toEqual([2, 0, 0, 0, 0])
  })
})

describe('the file while it runs', () => {
  const parts = (file: string) => ['', '-wal', '-shm'].map((end) => `${file}${end}`)
  const keysIn = (file: string) => {
    const database = new DatabaseSync(file)
    const keys = database.prepare('SELECT key FROM inbox ORDER BY seq').all()
    database.close()
    return keys.map(({ key }) => key)
  }
  const pastTheLook = () => new Promise((resolve) => setTimeout(resolve, 1100))

  async function openAlone() {
    const file = newFile()
    const inbox = sqlite(file)
    await inbox.open()
    onTestFinished(() => inbox.close())
    await inbox.engine.put(record({ key: 'before' }))
    return { file, engine: inbox.engine }
  }

  test('nothing is stored in one that was removed, until it is there again', async () => {
    const { file, engine } = await openAlone()
    const backup = newFile()
    new DatabaseSync(file).exec(`VACUUM INTO '${backup}'`)
    for (const part of parts(file)) rmSync(part, { force: true })
    await pastTheLook()
    for (let time = 0; time < 2; time++) {
      const put = engine.put(record())
      await expect(put).rejects.toThrow(/is not there any more/)
      await expect(put).rejects.toThrow(file)
    }
    expect(existsSync(file)).toBe(false)
    renameSync(backup, file)
    expect(await engine.put(record({ key: 'before' }))).toBe('duplicate')
    expect(await engine.put(record({ key: 'after' }))).toBe('stored')
    expect(keysIn(file)).toEqual(['before', 'after'])
  })

  test('what takes its place is used from then on', async () => {
    const { file, engine } = await openAlone()
    const other = await openAlone()
    const copy = newFile()
    new DatabaseSync(other.file).exec(`VACUUM INTO '${copy}'`)
    for (const part of parts(file)) rmSync(part, { force: true })
    renameSync(copy, file)
    await pastTheLook()
    expect(await engine.put(record({ key: 'after' }))).toBe('stored')
    expect(keysIn(file)).toEqual(['before', 'after'])
  })
})

describe('a check of the file', () => {
  /** Notes each check, and what was begun before it and not ended. */
  function watched() {
    const checks: string[] = []
    let begun = ''
    const Database = class extends DatabaseSync {
      override exec(sql: string) {
        if (sql.startsWith('BEGIN')) begun = sql
        super.exec(sql)
        if (/^(COMMIT|ROLLBACK)/.test(sql)) begun = ''
      }
      override prepare(sql: string) {
        if (sql.includes('quick_check')) checks.push(begun)
        return super.prepare(sql)
      }
    }
    return { checks, Database }
  }
  async function closed(change = '') {
    const { file, inbox, database, engine } = await open()
    await engine.put(record())
    await inbox.close()
    if (change) database.exec(change)
    return file
  }

  test.each([
    ['after a clean end: none', '', 0],
    ['beside a process that lives: none', `UPDATE clock SET holder = ${process.ppid}`, 0],
    ['after the machine went down', "UPDATE clock SET boot = 'before'", 1],
    ['after a process went down', 'UPDATE clock SET holder = 4194305', 1],
    // As in containers, where the one that is started again has the same number.
    [
      'after one with the number of this went down',
      `UPDATE clock SET holder = '${process.pid}:1'`,
      1,
    ],
    [
      'after one of a former release with the number of this went down',
      `UPDATE clock SET holder = ${process.pid}`,
      1,
    ],
  ])('%s', async (_name, change, count) => {
    const { checks, Database } = watched()
    await open(await closed(change), { database: Database })
    // Nobody who stores waits for it.
    expect(checks).toEqual(Array.from({ length: count }, () => ''))
  })

  test('the mark of a process is there while it has the file, and gone after it', async () => {
    const { file, inbox, database } = await open()
    const holder = () => database.prepare('SELECT holder FROM clock').get()!['holder']
    expect(holder()).toMatch(new RegExp(`^${process.pid}:\\d+$`))
    const { checks, Database } = watched()
    const beside = await open(file, { database: Database })
    expect(checks).toEqual([])
    await beside.inbox.close()
    await inbox.close()
    expect(holder()).toBe(null)
  })

  test('a file made by a former release takes the mark', async () => {
    const file = await closed(
      'ALTER TABLE clock DROP COLUMN holder; ALTER TABLE clock ADD COLUMN holder INTEGER',
    )
    const { inbox, database } = await open(file)
    const holder = () => database.prepare('SELECT holder FROM clock').get()!['holder']
    expect(holder()).toMatch(new RegExp(`^${process.pid}:\\d+$`))
    await inbox.close()
    expect(holder()).toBe(null)
  })

  test('damage is told, and told again', async () => {
    const { file, inbox, database, engine } = await open()
    await Promise.all(
      Array.from({ length: 50 }, () => engine.put(record({ body: new Uint8Array(3000) }))),
    )
    database.exec("UPDATE clock SET boot = 'before'")
    await inbox.close()
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const bytes = readFileSync(file)
    bytes.fill(0xa5, bytes.length - 5 * 4096, bytes.length - 4 * 4096)
    writeFileSync(file, bytes)
    const again = sqlite(file)
    await expect(again.open()).rejects.toThrow(/damaged/)
    await expect(again.open()).rejects.toThrow(/damaged/)
  })
})

describe('close', () => {
  test('does not wait for a locked database for ever, and nothing opens it again', async () => {
    const { inbox, engine, database } = await open()
    database.exec('BEGIN IMMEDIATE')
    const put = engine.put(record())
    const told = expect(put).rejects.toThrow(/closed/)
    const began = performance.now()
    await inbox.close()
    expect(performance.now() - began).toBeLessThan(5000)
    await told
    database.exec('COMMIT')
    await expect(engine.put(record())).rejects.toThrow(/not open/)
  })

  test('takes no work from a locked database, and waits no longer for that', async () => {
    const { inbox, database } = await open()
    await inbox.work()
    database.exec('BEGIN IMMEDIATE')
    await new Promise((resolve) => setTimeout(resolve, 700))
    const began = performance.now()
    await inbox.stop()
    expect(performance.now() - began).toBeLessThan(500)
    await inbox.close()
    expect(performance.now() - began).toBeLessThan(4000)
    database.exec('COMMIT')
  })

  test.each([
    ['while it closes', 1500, 1],
    ['after it', Infinity, 0],
  ])('a verdict is written if the database is free again %s', async (_when, ms, state) => {
    const { inbox, engine, database, rows } = await open()
    await engine.put(record())
    let finish!: () => void
    const finished = new Promise<void>((resolve) => (finish = resolve))
    let worker: Worker | undefined
    await new Promise<void>((resolve) => {
      const run: Run = async () => (resolve(), await finished, { kind: 'ack' })
      void engine.work!(run, { concurrency: 1, leaseMs: 30_000 }).then((made) => (worker = made))
    })
    database.exec('BEGIN IMMEDIATE')
    if (ms < Infinity) setTimeout(() => database.exec('COMMIT'), ms)
    finish()
    const began = performance.now()
    await worker!.stop()
    await inbox.close()
    expect(performance.now() - began).toBeLessThan(4000)
    expect(rows()[0]!['state']).toBe(state)
  })

  test('waits for what is queued before it', async () => {
    const { inbox, engine, database, rows } = await open()
    database.exec('BEGIN IMMEDIATE')
    const put = engine.put(record())
    setTimeout(() => database.exec('COMMIT'), 300)
    await inbox.close()
    expect(await put).toBe('stored')
    expect(rows()).toHaveLength(1)
  })
})

describe('time', () => {
  test('is carried on when the clock is set back or forth', async () => {
    const { file, inbox, database, engine } = await open()
    await engine.put(record())
    const offset = () => Number(database.prepare('SELECT offset FROM clock').get()!['offset'])
    const before = offset()
    await inbox.close()
    vi.spyOn(Date, 'now').mockReturnValue(4e12)
    onTestFinished(() => void vi.restoreAllMocks())
    await open(file)
    expect(offset()).toBe(before)
  })

  test('starts anew with the machine, never goes back, and what was in work is due', async () => {
    const { file, inbox, database, engine } = await open()
    await engine.put(record())
    database.exec("UPDATE inbox SET fence = 'a', due = 9e15, changed = 8e12")
    database.exec("UPDATE clock SET boot = 'before'")
    await inbox.close()
    const again = await open(file)
    const { boot } = again.database.prepare('SELECT boot FROM clock').get()!
    expect(boot).not.toBe('before')
    const seen = new Promise((resolve) => {
      void again.engine.work!(async ({ key }) => (resolve(key), { kind: 'ack' }), {
        concurrency: 1,
        leaseMs: 1000,
      })
    })
    await seen
    await vi.waitFor(() => expect(Number(again.rows()[0]!['changed'])).toBeGreaterThanOrEqual(8e12))
  })
})

describe('retention', () => {
  test('forgets in time: the content, then the key; never what is still to be done', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { database, rows, engine } = await open(newFile(), {
      windowSeconds: 100_000,
      replaySeconds: 10_000,
      deadSeconds: 1_000_000,
    })
    for (const key of ['new', 'old', 'older', 'dead', 'todo']) await engine.put(record({ key }))
    database.exec(`
      UPDATE inbox SET state = 1 WHERE key IN ('new', 'old', 'older');
      UPDATE inbox SET state = 2, reason = '' WHERE key = 'dead';
      UPDATE inbox SET changed = changed - 50000000 WHERE key = 'old';
      UPDATE inbox SET changed = changed - 500000000 WHERE key IN ('older', 'dead', 'todo')`)
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.waitFor(() => {
      expect(rows().map(({ key, body }) => [key, body !== null])).toEqual([
        ['old', false],
        ['new', true],
        ['dead', true],
        ['todo', true],
      ])
    })
  })

  test('looks at no more than it forgets', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const sweeping: string[] = []
    const Database = class extends DatabaseSync {
      override prepare(sql: string) {
        if (sql.includes('changed <')) sweeping.push(sql)
        return super.prepare(sql)
      }
    }
    const { database } = await open(newFile(), { database: Database })
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.waitFor(() => expect(sweeping).toHaveLength(3))
    for (const sql of sweeping) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(0, 1)
      expect(plan.map(({ detail }) => detail).join()).not.toContain('SCAN')
    }
  })

  test('a dead letter is revived by its sender only where that is wanted', async () => {
    for (const [revive, expected] of [
      [false, 'duplicate'],
      [true, 'stored'],
    ] as const) {
      const { engine, database } = await open(newFile(), { revive })
      const one = record()
      await engine.put(one)
      database.exec("UPDATE inbox SET state = 2, reason = ''")
      expect(await engine.put(one)).toBe(expected)
    }
  })

  test('replays all that came since a time', async () => {
    const { engine, database } = await open()
    for (const receivedAt of [1000, 2000, 3000]) await engine.put(record({ receivedAt }))
    database.exec('UPDATE inbox SET state = 1')
    expect(await engine.replay!({ since: 2000 })).toBe(2)
  })
})
