/** Engines that are broken on purpose. Each has to be found, by the published suite, by the rig, or by both. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqlite } from 'webhook-target/engines/sqlite'
import { engineConformance } from 'webhook-target/testing'
import { breakEngine, FAULTS, type FaultName } from './broken-engines.ts'
import { check, type Findings } from './check.ts'
import { Fleet } from './fleet.ts'
import { missing, titled, trace } from './privileged.ts'
import { Random } from './random.ts'
import { accepted, createScene, idsOf, post } from './scene.ts'
import { Sender } from './sender.ts'
import { readSink } from './sink.ts'
import { createFolder, openStore } from './stores.ts'
import { until, within } from './waiting.ts'

/** The case of the published suite that finds each; power cuts and kills are beyond what it can do. */
const FOUND_BY_SUITE: Partial<Readonly<Record<FaultName, string>>> = {
  'check-then-insert': 'stores one of 50 at once',
  'no-fencing': 'gives the work of a worker that is gone to another, and ignores its late verdict',
  'forgets-done': 'tells a duplicate, before and after it is done',
}

test.each(Object.entries(FOUND_BY_SUITE))(
  '%s: the suite says that it fails where one "%s"',
  async (fault, name) => {
    const { run, skip } = await caseOf(name, fault)
    expect(skip).toBeUndefined()
    await expect(run()).rejects.toThrow(/^Expected |^Not within/)
    await (await caseOf(name)).run()
  },
)

async function caseOf(name: string, fault?: string) {
  const folder = createFolder()
  onTestFinished(() => folder.remove())
  let count = 0
  let file = ''
  const again = async () => breakEngine(sqlite(file).engine, fault, file)
  const create = () => {
    file = join(folder.path, `${++count}.db`)
    return again()
  }
  const found = (await engineConformance({ create, again })).find((each) => each.name === name)
  return found!
}

/** What the rig finds in an engine that is killed twice in full flow, and sent each tenth delivery twice. */
async function disturb(broken: string | undefined): Promise<Findings> {
  const folder = createFolder()
  const store = await openStore('sqlite', folder.path)
  const sink = join(folder.path, 'sink')
  const fleet = await Fleet.start(
    {
      engine: 'sqlite',
      store: store.address,
      sink,
      acknowledge: 'stored',
      ...(broken && { broken }),
    },
    1,
  )
  onTestFinished(() => {
    fleet.killAll()
    folder.remove()
  })
  const sender = new Sender({ perSecond: 200, random: new Random(1), ports: () => fleet.ports() })
  const running = sender.run(2)
  for (let round = 0; round < 2; round++) {
    const before = sender.acked.size
    await until('it is in full flow', () => sender.acked.size > before + 50)
    await fleet.kill(0)
    await sender.burst(50)
  }
  await running
  await sender.settled()
  const ledgers = () => ({
    sent: sender.sent,
    acked: sender.acked,
    sink: readSink(sink),
    cuts: fleet.cuts,
    pending: 0,
  })
  const last = await sender.deliver()
  await until('all that waits is done', async () => (await store.pending()) === 0)
  await within(1000, () => check(ledgers()).lost.length === 0)
  expect(sender.acked).toContain(last)
  await fleet.stop()
  return check(ledgers())
}

test('an engine that is not broken passes the rig', async () => {
  const { lost, double, ghost, stuck } = await disturb(undefined)
  expect({ lost, double, ghost, stuck }).toEqual({ lost: [], double: [], ghost: [], stuck: 0 })
})

test('ack-before-put: the rig finds what is lost', async () => {
  expect((await disturb('ack-before-put')).lost.length).toBeGreaterThan(0)
})

test.each(['check-then-insert', 'forgets-done'])(
  '%s: the rig finds what is done twice',
  async (fault) => {
    expect((await disturb(fault)).double.length).toBeGreaterThan(0)
  },
)

const noTrace = missing('strace')

test.skipIf(noTrace)(
  titled('normal-sync: it syncs less often than it acknowledges', noTrace),
  async () => {
    expect(await syncsPer(100, 'normal-sync')).toBeLessThan(50)
    expect(await syncsPer(100, undefined)).toBeGreaterThanOrEqual(100)
  },
)

/** How often the disk is synced while so many deliveries are acknowledged one after the other. */
async function syncsPer(count: number, broken: string | undefined): Promise<number> {
  const scene = createScene({ acknowledge: 'stored', ...(broken && { broken }) })
  const receiver = await scene.start({ work: false })
  await post(receiver, 'first')
  const log = join(scene.folder, 'strace')
  const stop = await trace(receiver.pid, ['-e', 'trace=fsync,fdatasync', '-o', log])
  for (const id of idsOf('synced', count)) expect(await post(receiver, id)).toSatisfy(accepted)
  await stop()
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /f(data)?sync\(\d+\)\s+= 0/.test(line)).length
}

test('all faults are looked for', () => {
  const found = [...Object.keys(FOUND_BY_SUITE), 'ack-before-put', 'normal-sync']
  expect(found.toSorted()).toEqual([...FAULTS].toSorted())
})
