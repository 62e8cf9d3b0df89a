/** P14 and P17: goals for what can't be measured yet. */
import { atLeast, atMost, type Goal, type MeasureOptions, type Row } from '../lib/figure.ts'

const PENDING: readonly (readonly [figure: string, what: string, goal: Goal, unit?: string])[] = [
  ['P14', 'durable accept against grouped inserts by hand', atLeast(0.8, 0.7)],
  ['P14', 'durable accept over HTTP against the same without an inbox', atLeast(0.55, 0.45)],
  ['P17', 'five times the capacity: p99 of what is answered', atMost(2, 2), 's'],
]

export async function* listPending({ wanted }: MeasureOptions): AsyncIterable<Row> {
  for (const [figure, what, goal, unit] of PENDING) {
    if (wanted.has(figure)) yield { figure, what, goal, samples: [], ...(unit && { unit }) }
  }
}
