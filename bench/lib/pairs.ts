/** Two servers under the same load by turns, compared by the CPU time that a request takes. */
import { expectVerification, startServer, type ServerProcess } from './server-process.ts'
import { applyLoad, type Load } from './load.ts'
import { cpuMs } from './process-usage.ts'

const WARM_UP_REQUESTS = 20_000
const MIN_REQUESTS = 1000
const MAX_TURNS = 60

export interface Subjects {
  /** The files of the two servers. */
  readonly baseline: string
  readonly subject: string
}

export interface Schedule {
  /** How often both are started afresh: what the compiler makes of a server differs from start to start. */
  readonly starts: number
  /** Turns of each after a start. */
  readonly rounds: number
  /** What is compared: the CPU time of a request, or the answers in a second. @default cpu */
  readonly by?: 'cpu' | 'answers'
}

/**
 * How many times the cost of `subject` the `baseline` takes, for each pair of turns. The baseline is a
 * process of its own with the same start and warm-up: one that has served more requests runs faster.
 */
export async function comparePairs(
  subjects: Subjects,
  load: Load,
  { starts, rounds, by = 'cpu' }: Schedule,
): Promise<readonly number[]> {
  const ratios: number[] = []
  for (let start = 0; start < starts; start++) {
    ratios.push(...(await compareOnce(subjects, load, { rounds, cost: COSTS[by] })))
  }
  return ratios
}

interface Comparison {
  readonly rounds: number
  readonly cost: Cost
}

async function compareOnce(
  files: Subjects,
  load: Load,
  { rounds, cost }: Comparison,
): Promise<number[]> {
  const servers: ServerProcess[] = []
  const start = async (file: string) => {
    const server = await startServer(file)
    servers.push(server)
    await expectVerification(server, load.body)
    return server
  }
  try {
    const baseline = await start(files.baseline)
    const subject = await start(files.subject)
    for (const server of [baseline, subject, subject, baseline]) await warmUp(server, load)

    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 ? [baseline, subject] : [subject, baseline]
      const costs = new Map<ServerProcess, number>()
      for (const server of order) costs.set(server, await cost(server, load))
      ratios.push(costs.get(baseline)! / costs.get(subject)!)
    }
    return ratios
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function warmUp({ port }: ServerProcess, load: Load): Promise<void> {
  await deliver(WARM_UP_REQUESTS / 2, port, load)
}

/** What a request costs, in whatever unit. */
type Cost = (server: ServerProcess, load: Load) => Promise<number>
const COSTS = { cpu: cpuPerRequest, answers: secondsPerAnswer } as const

async function secondsPerAnswer({ port }: ServerProcess, load: Load): Promise<number> {
  return 1 / (await applyLoad(port, load)) // a load is one second long
}

async function cpuPerRequest({ pid, port }: ServerProcess, load: Load): Promise<number> {
  const before = cpuMs(pid)
  const requests = await deliver(MIN_REQUESTS, port, load)
  return (cpuMs(pid) - before) / requests
}

/** As many loads as it takes to have so many answers at least: on a busy machine one may not be enough. */
async function deliver(requests: number, port: number, load: Load): Promise<number> {
  let answered = 0
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    answered += await applyLoad(port, load)
    if (answered >= requests) return answered
  }
  throw new Error(`No more than ${answered} deliveries were answered in ${MAX_TURNS} turns`)
}
