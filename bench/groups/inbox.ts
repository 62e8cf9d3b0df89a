/** P14 and P17: what it costs to store before acknowledging, and what becomes of more than can be stored. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pushEvent } from '../lib/deliveries.ts'
import { atLeast, atMost, type MeasureOptions, type Row } from '../lib/figure.ts'
import { measureOverload } from '../lib/overload.ts'
import { comparePairs } from '../lib/pairs.ts'
import { pinned } from '../lib/pinning.ts'
import { serverFile } from '../lib/prepare.ts'
import { quantile } from '../lib/statistics.ts'

const run = promisify(execFile)

export async function* measureInbox({ wanted, quick }: MeasureOptions): AsyncIterable<Row> {
  if (wanted.has('P14')) {
    yield {
      figure: 'P14',
      what: 'durable accept, 64 in flight, against grouped inserts by hand',
      samples: await acceptRatios(quick ? 9 : 21),
      goal: atLeast(0.8, 0.7),
    }
    yield* measureStores(quick)
  }
  if (wanted.has('P17')) yield* measureShedding(quick)
}

/** Both write to files of their own on the same disk, by turns, in one process. */
async function acceptRatios(rounds: number): Promise<readonly number[]> {
  const file = join(import.meta.dirname, '../inbox/durable-accept.ts')
  const [command, ...args] = pinned('server', [process.execPath, file, String(rounds)])
  const { stdout } = await run(command, args)
  return JSON.parse(stdout) as readonly number[]
}

/** Answers in a second, for waiting for the disk is no CPU time. */
async function* measureStores(quick: boolean): AsyncIterable<Row> {
  const cases = [
    ['stored over HTTP, against the same without an inbox, answers', 'github-stored', true],
    [
      'stored and worked on over HTTP, against the same without an inbox, answers',
      'github-worked',
      false,
    ],
  ] as const
  for (const [what, server, isGoal] of cases) {
    const samples = await comparePairs(
      { subject: serverFile(server), baseline: serverFile('github-unstored') },
      { body: pushEvent(1024), uniqueIds: true },
      { starts: quick ? 1 : 3, rounds: 4, by: 'answers' },
    )
    yield { figure: 'P14', what, samples, ...(isGoal && { goal: atLeast(0.55, 0.45) }) }
  }
}

/**
 * A store of 100 a second is offered 500, open-loop: by a timetable that does not wait for answers, because
 * a client that waits slows down with the server and hides the overload.
 */
async function* measureShedding(quick: boolean): AsyncIterable<Row> {
  const { acknowledgedMs, refusedMs, idleMs, afterwardsMs, unanswered, grownMib, capacity } =
    await measureOverload(serverFile('slow-store'), {
      idleSeconds: quick ? 3 : 10,
      overloadSeconds: quick ? 15 : 60,
      perSecond: 500,
    })
  const row = (what: string, value: number, rest: Pick<Row, 'unit' | 'goal'>): Row => ({
    figure: 'P17',
    what: `five times the capacity: ${what}`,
    samples: [value],
    ...rest,
  })
  const p99 = (latenciesMs: readonly number[]) => quantile(latenciesMs, 0.99)
  yield row('p99 of what is acknowledged', p99(acknowledgedMs) / 1000, {
    unit: 's',
    goal: atMost(2, 2),
  })
  yield row('the longest of it', Math.max(...acknowledgedMs) / 1000, {
    unit: 's',
    goal: atMost(2.9, 2.9),
  })
  yield row('p99 of what is turned away', p99(refusedMs) / 1000, {
    unit: 's',
    goal: atMost(0.1, 0.1),
  })
  yield row('without a clear answer', unanswered, { unit: 'deliveries', goal: atMost(0, 0) })
  yield row('acknowledged, of what could be stored', acknowledgedMs.length / capacity, {
    goal: atLeast(0.9, 0.9),
  })
  yield row('memory grown', grownMib, { unit: 'MiB', goal: atMost(64, 64) })
  yield row('p99 five seconds after it, times that before', p99(afterwardsMs) / p99(idleMs), {
    goal: atMost(2, 2),
  })
}
