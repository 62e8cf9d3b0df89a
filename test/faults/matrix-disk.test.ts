/** A disk that is full, broken, locked by another, or not what it should be. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { failCalls, makeReadOnly, missing, mountSmallDisk, titled } from './privileged.ts'
import {
  accepted,
  createScene,
  idsOf,
  post,
  postMany,
  postUntilAccepted,
  turnedAway,
  type Scene,
} from './scene.ts'
import { countDone } from './sink.ts'
import { lockFile, queryFile } from './sqlite-file.ts'
import { pause, until } from './waiting.ts'

const noMount = missing('mount')
const noTrace = missing('strace')

test.skipIf(noMount)(
  titled('F10, F11 a full disk: 503, and it goes on when there is room again', noMount),
  async () => {
    const disk = mountSmallDisk(3)
    const scene = createScene(
      { acknowledge: 'stored', leaseSeconds: 0.5, options: { unsafeVolatileDisk: true } },
      disk,
    )
    const filler = join(disk.path, 'filler')
    writeFileSync(filler, new Uint8Array(1024 ** 2))
    const receiver = await scene.start()
    const padding = 'x'.repeat(10_000)
    const answers = new Map<string, Awaited<ReturnType<typeof post>>>()
    for (const id of idsOf('full', 300)) {
      answers.set(id, await post(receiver, id, { ms: 100 }, padding))
    }
    const stored = [...answers].filter(([, answer]) => accepted(answer)).map(([id]) => id)
    expect(stored.length).toBeGreaterThan(20)
    expect(stored.length).toBeLessThan(250)
    expect(
      [...answers.values()].filter((answer) => !accepted(answer) && !turnedAway(answer)),
    ).toEqual([])
    // For longer than the lease: work that ended meanwhile must not begin again.
    await pause(1000)
    rmSync(filler)
    await until('it takes deliveries again', async () =>
      accepted(await post(receiver, 'after', {}, padding)),
    )
    stored.push('after')
    await until('all have their verdicts', () => scene.count(0) === 0)
    expectEachDoneOnce(scene, stored)
    expect(queryFile(scene.file, 'PRAGMA integrity_check')).toBe('ok')
    expect(receiver.ended).toBeUndefined()
  },
)

test.skipIf(noTrace)(
  titled(
    'F12 a disk that fails to sync: nothing is acknowledged, the second time neither',
    noTrace,
  ),
  async () => {
    const scene = createScene({ acknowledge: 'stored' })
    const receiver = await scene.start()
    expect((await post(receiver, 'before')).status).toBe(200)
    const repair = await failCalls(receiver.pid, 'fsync,fdatasync', 'EIO')
    for (let round = 0; round < 3; round++) {
      const answers = await postMany(receiver, idsOf('failed', 30), {}, 8)
      expect(answers.filter(turnedAway)).toHaveLength(30)
    }
    await repair()
    await until('it takes deliveries again', async () => accepted(await post(receiver, 'after')))
    await postUntilAccepted(receiver, idsOf('failed', 30))
    await until('all have their verdicts', () => scene.count(0) === 0)
    expectEachDoneOnce(scene, ['before', 'after', ...idsOf('failed', 30)])
    expect(queryFile(scene.file, 'PRAGMA integrity_check')).toBe('ok')
  },
)

test.skipIf(noTrace)(
  titled('F13 a disk that takes a part of what is written', noTrace),
  async () => {
    const scene = createScene({ acknowledge: 'stored' })
    const receiver = await scene.start()
    expect((await post(receiver, 'before')).status).toBe(200)
    // Sockets are written with other calls.
    const repair = await failCalls(receiver.pid, 'pwrite64', 'ENOSPC')
    const answers = await postMany(receiver, idsOf('failed', 30), {}, 8)
    expect(answers.filter(turnedAway)).toHaveLength(30)
    await repair()
    await until('it takes deliveries again', async () => accepted(await post(receiver, 'after')))
    await until('all have their verdicts', () => scene.count(0) === 0)
    expectEachDoneOnce(scene, ['before', 'after'])
    expect(queryFile(scene.file, 'PRAGMA integrity_check')).toBe('ok')
  },
)

test('F14 locked for 3 s by another: answered in time, and others are served meanwhile', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await scene.start()
  expect((await post(receiver, 'before')).status).toBe(200)
  const unlock = await lockFile(scene.file)
  const sending = postMany(receiver, idsOf('locked', 60), {}, 60)
  const health: number[] = []
  for (const end = performance.now() + 3000; performance.now() < end;) {
    const began = performance.now()
    expect((await fetch(`http://127.0.0.1:${receiver.port}/health`)).status).toBe(200)
    health.push(performance.now() - began)
    await pause(20)
  }
  await unlock()
  const answers = await sending
  expect(answers.filter((answer) => !accepted(answer) && !turnedAway(answer))).toEqual([])
  // The provider waits 3 s, of which 300 ms are kept back; a machine that is busy takes some more.
  expect(Math.max(...answers.filter(turnedAway).map(({ ms }) => ms), 0)).toBeLessThan(4500)
  health.sort((a, b) => a - b)
  // The binding blocks for 20 ms at a time; on a machine that is busy this takes longer.
  expect(health[Math.floor(health.length / 2)]).toBeLessThan(250)
  await postUntilAccepted(receiver, idsOf('locked', 60))
  await until('all have their verdicts', () => scene.count(0) === 0)
  expectEachDoneOnce(scene, ['before', ...idsOf('locked', 60)])
})

test('F14 locked for longer than the lease: what was in work is not begun again', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 0.5 })
  const receiver = await scene.start()
  const ids = idsOf('locked', 6)
  await postMany(receiver, ids, { ms: 300 })
  await until('all have begun', () => scene.lines().length >= 6)
  const unlock = await lockFile(scene.file)
  await pause(1200)
  await unlock()
  await until('all have their verdicts', () => scene.count(1) === 6)
  expectEachDoneOnce(scene, ids)
})

/** Each makes a scene one in which a receiver must not start, and returns what it has to name. */
const UNFIT: Readonly<Record<string, (scene: Scene) => void>> = {
  'a folder that is missing': ({ folder }) => rmSync(folder, { recursive: true }),
  'a folder in its place': ({ file }) => {
    mkdirSync(file)
  },
  'bytes that have changed': ({ file }) => damage(file),
  'a text file': ({ file }) => writeFileSync(file, 'Dear diary,\n'.repeat(1000)),
  'a database of another program': ({ file }) => {
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE cookies (name TEXT); INSERT INTO cookies VALUES (1)')
    database.close()
  },
  'F16 tables of a later release': ({ file }) => setVersion(file, 99),
  'F16 tables of an earlier one': ({ file }) => setVersion(file, 0),
}

test.each(Object.keys(UNFIT))('F15 it does not start on %s, and says which', async (name) => {
  const scene = createScene({ acknowledge: 'stored' })
  await fillAndStop(scene)
  if (!name.startsWith('F16') && name !== 'bytes that have changed') rmSync(scene.file)
  UNFIT[name]!(scene)
  await refusesToStart(scene)
})

test.skipIf(noMount)(
  titled('F15 it does not start on a disk that can only be read', noMount),
  async () => {
    const scene = createScene({ acknowledge: 'stored' })
    await fillAndStop(scene)
    makeReadOnly(scene.folder)
    await refusesToStart(scene)
  },
)

async function refusesToStart(scene: Scene): Promise<void> {
  const receiver = scene.launch()
  const { code } = await receiver.exit
  expect(code).toBe(1)
  expect(receiver.output).toContain(scene.file)
  expect(receiver.output).not.toMatch(/^ready/m)
}

/** So that what is there has something to lose. */
async function fillAndStop(scene: Scene): Promise<void> {
  const receiver = await scene.start()
  await postMany(receiver, idsOf('kept', 100), {}, 16)
  await until('all have their verdicts', () => scene.count(0) === 0)
  expect(await receiver.terminate()).toMatchObject({ code: 0 })
}

/** In the middle, where the pages of the tables are. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, 3 * 4096, bytes.length - 4096)
  writeFileSync(file, bytes)
}

function setVersion(file: string, version: number): void {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA user_version = ${version}`)
  database.close()
}

function expectEachDoneOnce(scene: Scene, ids: readonly string[]): void {
  const counts = countDone(scene.lines())
  expect(ids.filter((id) => counts.get(id) !== 1)).toEqual([])
}
