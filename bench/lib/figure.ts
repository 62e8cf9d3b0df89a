import { median } from './statistics.ts'

/** What a figure should reach, and where a check fails. */
export interface Goal {
  readonly better: 'higher' | 'lower'
  readonly reach: number
  readonly failsBeyond: number
}

export const atLeast = (reach: number, failsBeyond: number): Goal => ({
  better: 'higher',
  reach,
  failsBeyond,
})
export const atMost = (reach: number, failsBeyond: number): Goal => ({
  better: 'lower',
  reach,
  failsBeyond,
})

/** A line of the table. Without a goal it is there to compare with. */
export interface Row {
  readonly figure: string
  readonly what: string
  /** None if there is nothing to measure yet. */
  readonly samples: readonly number[]
  /** @default a ratio */
  readonly unit?: string
  readonly goal?: Goal
}

export interface MeasureOptions {
  /** Identifiers of the figures wanted: `P1`. */
  readonly wanted: ReadonlySet<string>
  /** Fewer rounds and no peers without a goal. */
  readonly quick: boolean
}

/** Measures a group of figures that share a way of measuring. */
export type Measure = (options: MeasureOptions) => AsyncIterable<Row>

/** An empty text if there is nothing to judge. */
export type Verdict = 'reached' | 'ok' | 'BELOW' | 'noisy' | ''

/** How far two measurements of the same thing may be apart: the figure is called `A/A`. */
export const A_A = 'A/A'
const NOISE_LIMIT = 0.05

export function verdictOf({ figure, samples, goal }: Row): Verdict {
  const value = median(samples)
  if (figure === A_A) return Math.abs(value - 1) > NOISE_LIMIT ? 'noisy' : 'ok'
  if (!goal || samples.length === 0) return ''
  const isPast = (limit: number) => (goal.better === 'higher' ? value < limit : value > limit)
  if (isPast(goal.failsBeyond)) return 'BELOW'
  return isPast(goal.reach) ? 'ok' : 'reached'
}
