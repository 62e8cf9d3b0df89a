/** P12 and P13: what it takes from the start of a process to its first verified answer. */
import { A_A, atMost, type Goal, type MeasureOptions, type Row } from '../lib/figure.ts'
import { peerFile } from '../lib/peers.ts'
import { serverFile } from '../lib/prepare.ts'
import { cpuMs, residentMib } from '../lib/process-usage.ts'
import { startServer } from '../lib/server-process.ts'

interface Case {
  readonly what: string
  readonly file: string
  readonly cpu?: Goal
  readonly memory?: Goal
}

const bare = serverFile('bare')
const SAME_AGAIN: Case = { what: 'bare node:http against itself', file: bare }
const OURS: Case = {
  what: 'Node host',
  file: serverFile('github-read'),
  cpu: atMost(1.1, 1.2),
  memory: atMost(3, 6),
}
const PEERS: readonly Case[] = ['octokit', 'hono', 'whatwg', 'express', 'fastify'].map((name) => ({
  what: `peer: ${name}`,
  file: peerFile(name),
}))

export async function* measureColdStart({ wanted, quick }: MeasureOptions): AsyncIterable<Row> {
  for (const { what, file, cpu, memory } of [SAME_AGAIN, OURS, ...(quick ? [] : PEERS)]) {
    const pairs = await startPairs(file, quick ? 9 : 15)
    const cpuRow = {
      what: `${what}: CPU of a cold start, times bare's`,
      samples: pairs.map(({ subject, baseline }) => subject.cpuMs / baseline.cpuMs),
    }
    if (what === SAME_AGAIN.what) yield { figure: A_A, ...cpuRow }
    else if (wanted.has('P12')) yield { figure: 'P12', ...cpuRow, ...(cpu && { goal: cpu }) }
    if (what === SAME_AGAIN.what || !wanted.has('P13')) continue
    yield {
      figure: 'P13',
      what: `${what}: resident memory over bare's`,
      samples: pairs.map(({ subject, baseline }) => subject.residentMib - baseline.residentMib),
      unit: 'MiB',
      ...(memory && { goal: memory }),
    }
  }
}

async function startPairs(file: string, rounds: number) {
  const pairs = []
  for (let round = 0; round < rounds; round++) {
    const subjectFirst = round % 2 === 0
    const before = subjectFirst ? await startOnce(file) : undefined
    const baseline = await startOnce(bare)
    pairs.push({ baseline, subject: before ?? (await startOnce(file)) })
  }
  return pairs
}

async function startOnce(file: string) {
  const server = await startServer(file)
  const used = { cpuMs: cpuMs(server.pid), residentMib: residentMib(server.pid) }
  await server.stop()
  return used
}
