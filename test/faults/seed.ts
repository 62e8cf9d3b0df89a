/** One run of the rig: everything in it that is left to chance follows from its seed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, type Findings } from './check.ts'
import { Fleet } from './fleet.ts'
import { harass } from './nemesis.ts'
import { Random } from './random.ts'
import type { EngineName, ReceiverConfig } from './receiver-config.ts'
import { Sender } from './sender.ts'
import { countDone, readSink } from './sink.ts'
import { createFolder, openStore } from './stores.ts'
import { within } from './waiting.ts'

export interface SeedOptions {
  readonly seed: number
  readonly engine: EngineName
  readonly seconds: number
  readonly perSecond?: number
  /** The name of a fault that is built into the engine. */
  readonly broken?: string
}

export interface SeedResult extends Findings {
  readonly seed: number
  readonly replicas: number
  readonly acked: number
  readonly kills: number
  readonly duplicates: number
  /** What was done to it. */
  readonly harms: readonly string[]
  /** What else did not hold. */
  readonly problems: readonly string[]
  readonly passed: boolean
}

/** The time to acknowledge what was left when the harm ended, and to work on it. */
const MAX_RECOVERY_MS = 20_000

export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, engine, seconds, perSecond = 200, broken } = options
  const random = new Random(seed)
  const folder = createFolder()
  const store = await openStore(engine, folder.path)
  const sink = join(folder.path, 'sink')
  const config: ReceiverConfig = {
    engine,
    store: store.address,
    sink,
    acknowledge: random.pick(['auto', 'stored', 'processed']),
    ...(broken !== undefined && { broken }),
  }
  const fleet = await Fleet.start(config, random.between(1, 2))
  // Its own sequence: how often the sender asks depends on the answers it gets.
  const sender = new Sender({
    perSecond,
    random: new Random(~seed),
    ports: () => fleet.ports(),
  })
  try {
    const [harms] = await Promise.all([
      harass({ fleet, sender, store, random }, seconds),
      sender.run(seconds),
    ])
    const settled = sender.settled()
    const late = setTimeout(() => sender.stop(), MAX_RECOVERY_MS)
    await settled
    clearTimeout(late)
    await within(MAX_RECOVERY_MS, async () => {
      const done = countDone(readSink(sink))
      return [...sender.acked].every((id) => done.has(id)) && (await store.pending()) === 0
    })
    await fleet.stop()
    const findings = check({
      sent: sender.sent,
      acked: sender.acked,
      sink: readSink(sink),
      cuts: fleet.cuts,
      pending: await store.pending(),
    })
    const problems = [...fleet.problems, ...problemsOf(sender)]
    const integrity = await store.integrity()
    if (integrity !== 'ok') problems.push(`The store is damaged: ${integrity}`)
    const { lost, double, ghost, stuck } = findings
    const passed = lost.length + double.length + ghost.length + stuck + problems.length === 0
    const { kills, size: replicas } = fleet
    const { duplicates } = sender
    const acked = sender.acked.size
    if (passed) folder.remove()
    else {
      const { cuts } = fleet
      const answers = Object.fromEntries(sender.answers)
      writeFileSync(
        join(folder.path, 'ledgers.json'),
        JSON.stringify({ cuts, answers, harms }, null, 2),
      )
      problems.push(`Its ledgers are in ${folder.path}`)
    }
    return { ...findings, seed, replicas, acked, kills, duplicates, harms, problems, passed }
  } finally {
    sender.stop()
    fleet.killAll()
    await store.close()
  }
}

function problemsOf({ sent, acked, wrongAnswers, taken }: Sender): readonly string[] {
  const unacked = [...sent.keys()].filter((id) => !acked.has(id))
  return [
    ...(unacked.length > 0 ? [`Not acknowledged, after all was well again: ${list(unacked)}`] : []),
    ...(wrongAnswers.length > 0 ? [`Answered wrongly: ${list(wrongAnswers)}`] : []),
    ...(taken.length > 0 ? [`Forged, and taken: ${list(taken)}`] : []),
  ]
}

export const list = (ids: readonly string[]): string =>
  ids.slice(0, 5).join(', ') + (ids.length > 5 ? ` and ${ids.length - 5} more` : '')
