/** Judges a run by its ledgers: what the sender knows, what the effects wrote, and what is left in the store. */
import type { Cut } from './fleet.ts'
import type { SinkLine } from './sink.ts'

export interface Ledgers {
  readonly sent: ReadonlyMap<string, number>
  readonly acked: ReadonlySet<string>
  readonly sink: readonly SinkLine[]
  readonly cuts: readonly Cut[]
  /** Deliveries without a verdict, after all had time for one. */
  readonly pending: number
}

export interface Findings {
  /** Acknowledged and never done. */
  readonly lost: readonly string[]
  /** Done more than once, with nothing that could have cut off the first. */
  readonly double: readonly string[]
  /** Done and never sent by who has the secret. */
  readonly ghost: readonly string[]
  /** Left without a verdict. */
  readonly stuck: number
  /** Done again because a process ended, or froze past its lease, before its verdict was written. */
  readonly rerunsAfterCut: number
}

/** How long after its end an effect's verdict may be unwritten: a commit, on a machine that is busy. */
const VERDICT_MS = 1000
/** How long after a cut work may begin that was given out before it, and whose lease ended in it. */
const GIVEN_OUT_MS = 500

export function check({ sent, acked, sink, cuts, pending }: Ledgers): Findings {
  const attempts = attemptsOf(sink)
  const double: string[] = []
  let rerunsAfterCut = 0
  for (const [id, list] of attempts) {
    const done = list.filter(({ doneAt }) => doneAt !== undefined)
    const excused = done.filter((attempt) => wasCut(attempt, cuts))
    // The last one needs no excuse. One that is excused must not have looked like the first.
    const numbers = new Set(list.map(({ number }) => number))
    if (done.length > 1) rerunsAfterCut += done.length - 1
    if (done.length - 1 > excused.length || numbers.size < list.length) double.push(id)
  }
  return {
    lost: [...acked].filter((id) => !attempts.get(id)?.some(({ doneAt }) => doneAt !== undefined)),
    double,
    ghost: [...attempts.keys()].filter((id) => !sent.has(id)),
    stuck: pending,
    rerunsAfterCut,
  }
}

interface Attempt {
  readonly number: number
  readonly pid: number
  readonly startAt: number
  doneAt?: number
}

function attemptsOf(sink: readonly SinkLine[]): ReadonlyMap<string, readonly Attempt[]> {
  const byId = new Map<string, Attempt[]>()
  for (const { id, attempt: number, what, pid, at } of sink) {
    const list = byId.get(id) ?? []
    byId.set(id, list)
    if (what === 'start') list.push({ number, pid, startAt: at })
    const begun = list.findLast((attempt) => attempt.number === number && attempt.pid === pid)
    if (what === 'done' && begun) begun.doneAt = at
  }
  return byId
}

function wasCut({ pid, startAt, doneAt = Infinity }: Attempt, cuts: readonly Cut[]): boolean {
  return cuts.some(
    (cut) =>
      (cut.pid === undefined || cut.pid === pid) &&
      cut.to >= startAt - GIVEN_OUT_MS &&
      cut.from <= doneAt + VERDICT_MS,
  )
}
