/** P1 to P5: servers under load, by the CPU time of a delivery. */
import { pushEvent } from '../lib/deliveries.ts'
import { A_A, atLeast, type Goal, type MeasureOptions, type Row } from '../lib/figure.ts'
import { comparePairs, type Schedule } from '../lib/pairs.ts'
import { peerFile } from '../lib/peers.ts'
import { serverFile } from '../lib/prepare.ts'

interface Case {
  readonly figure: string
  readonly what: string
  readonly subject: string
  /** @default bare node:http */
  readonly baseline?: string
  readonly kib: number
  readonly uniqueIds?: boolean
  readonly goal?: Goal
}

const bare = serverFile('bare')

const CASES: readonly Case[] = [
  {
    figure: A_A,
    what: 'bare node:http against itself, 1 KiB',
    subject: bare,
    kib: 1,
  },
  {
    figure: 'P1',
    what: 'Node host, payload read, 1 KiB (dedupe: false)',
    subject: serverFile('github-read'),
    kib: 1,
    goal: atLeast(1.1, 1),
  },
  {
    figure: 'P1',
    what: 'Node host, payload read, 1 KiB, with dedupe',
    subject: serverFile('github-dedupe'),
    kib: 1,
    uniqueIds: true,
  },
  {
    figure: 'P2',
    what: 'Node host, payload read, 16 KiB (dedupe: false)',
    subject: serverFile('github-read'),
    kib: 16,
    goal: atLeast(1, 0.95),
  },
  {
    figure: 'P3',
    what: 'Node host, relay of the raw bytes, 16 KiB (dedupe: false)',
    subject: serverFile('github-relay'),
    kib: 16,
    goal: atLeast(2.2, 1.8),
  },
  {
    figure: 'P4',
    what: "Node host, a user's Fetch handler, 1 KiB",
    subject: serverFile('fetch-by-hand'),
    kib: 1,
    goal: atLeast(0.92, 0.85),
  },
  {
    figure: 'P4',
    what: 'Node host, our handler called as a Fetch handler, 1 KiB',
    subject: serverFile('fetch-door'),
    kib: 1,
  },
  {
    figure: 'P5',
    what: 'Cloud Functions entry against a function by hand, 1 KiB',
    subject: serverFile('function'),
    baseline: serverFile('function-by-hand'),
    kib: 1,
    goal: atLeast(0.97, 0.93),
  },
  {
    figure: 'P5',
    what: 'a function by hand against bare node:http, 1 KiB',
    subject: serverFile('function-by-hand'),
    kib: 1,
  },
]

const PEERS: readonly Case[] = [
  ['fastify', 'fastify'],
  ['hono + @hono/node-server', 'hono'],
  ['express + express.raw', 'express'],
  ['@octokit/webhooks createNodeMiddleware', 'octokit'],
  ['@whatwg-node/server', 'whatwg'],
].map(([what, file]) => ({
  figure: 'P1',
  what: `peer: ${what}, 1 KiB`,
  subject: peerFile(file!),
  kib: 1,
}))

const FULL: Schedule = { starts: 3, rounds: 5 }
const QUICK: Schedule = { starts: 2, rounds: 4 }

export async function* measureHttp({ wanted, quick }: MeasureOptions): AsyncIterable<Row> {
  const cases = [...CASES, ...(quick ? [] : PEERS)].filter(
    ({ figure }) => wanted.has(figure) || figure === A_A,
  )
  if (cases.length === 1) return // nothing but the check of the machine
  for (const { figure, what, kib, goal, subject, baseline = bare, uniqueIds = false } of cases) {
    const samples = await comparePairs(
      { subject, baseline },
      { body: pushEvent(kib * 1024), uniqueIds },
      quick ? QUICK : FULL,
    )
    yield { figure, what, samples, ...(goal && { goal }) }
  }
}
