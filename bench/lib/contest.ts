/** Ways of verifying one delivery, run by turns in one process. */
import { setTimeout as sleep } from 'node:timers/promises'

/* The contenders that have goals, by name. */
export const SCHEME = 'scheme alone'
export const NOT_READ = 'whole handler, payload not read'
export const READ = 'whole handler, payload read'
export const NEW_TOKEN = 'scheme alone, token not seen before'
export const SAME_TOKEN = 'scheme alone, same token again'
/** The check of the machine: the baseline once more. */
export const SAME_AGAIN = 'baseline against itself'

export interface Contender {
  readonly what: string
  /** Verifies the genuine delivery, or its forgery. Refuses with `false` or by throwing. */
  readonly verify: (body: Buffer) => unknown
}

export interface Contest {
  readonly body: Buffer
  readonly baseline: Contender
  readonly contenders: readonly Contender[]
}

/** A module of `verification/`. */
export interface ContestModule {
  readonly contest: (bytes: number) => Promise<Contest>
}

export interface Result {
  readonly what: string
  /** How many times the CPU time of this contender the baseline takes, for each round. */
  readonly ratios: readonly number[]
}

const SAMPLE_MS = 10
const WARM_UP_MS = 500

/** Runs `count` times and returns the microseconds of CPU that one took, on all threads. */
type Runner = (count: number) => number | Promise<number>

export async function run(
  { body, baseline, contenders }: Contest,
  { forged, rounds }: { readonly forged: Buffer; readonly rounds: number },
): Promise<readonly Result[]> {
  const all = [baseline, ...contenders]
  for (const contender of all) await expectVerification(contender, body, forged)
  const timed: Awaited<ReturnType<typeof prepareRunner>>[] = []
  for (const contender of all) timed.push(await prepareRunner(contender, body))
  const costs: number[][] = all.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < timed.length; turn++) {
      const index = (turn + round) % timed.length
      const { runner, count } = timed[index]!
      costs[index]!.push(await runner(count))
    }
    await sleep(0) // lets what was put off be done outside of the samples
  }
  return contenders.map(({ what }, index) => ({
    what,
    ratios: costs[index + 1]!.map((cost, round) => costs[0]![round]! / cost),
  }))
}

async function expectVerification(contender: Contender, body: Buffer, forged: Buffer) {
  if (!(await accepts(contender, body)))
    throw new Error(`${contender.what} refuses what is genuine`)
  if (await accepts(contender, forged)) throw new Error(`${contender.what} accepts what is forged`)
}

async function accepts({ verify }: Contender, body: Buffer): Promise<boolean> {
  try {
    return (await verify(body)) !== false
  } catch {
    return false
  }
}

/** Warms up and finds the size of a sample by CPU time, which a busy machine does not stretch. */
async function prepareRunner(contender: Contender, body: Buffer) {
  const runner = toRunner(contender, body)
  const sampleOf = (cost: number) => Math.max(1, Math.round((SAMPLE_MS * 1000) / cost))
  let count = 1
  for (let spentMs = 0; spentMs < WARM_UP_MS;) {
    const cost = await runner(count)
    spentMs += (cost * count) / 1000
    count = Math.min(count * 2, sampleOf(cost))
  }
  return { runner, count: sampleOf(await runner(count)) }
}

/** Waits only for those that have to be waited for. */
function toRunner({ verify }: Contender, body: Buffer): Runner {
  const used = (since: NodeJS.CpuUsage, count: number) => {
    const { user, system } = process.cpuUsage(since)
    return (user + system) / count
  }
  if (verify(body) instanceof Promise) {
    return async (count) => {
      const since = process.cpuUsage()
      for (let i = 0; i < count; i++) await verify(body)
      return used(since, count)
    }
  }
  return (count) => {
    const since = process.cpuUsage()
    for (let i = 0; i < count; i++) verify(body)
    return used(since, count)
  }
}
