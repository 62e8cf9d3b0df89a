import { budgetMs } from '../../lib/deadline.ts'

/**
 * Seconds that the work may take within a call that the queue gives up after `deadlineSeconds`. The margin is
 * taken twice: once for the answer, and once for what is written when the work has ended.
 */
export function workSecondsWithin(deadlineSeconds: number): number {
  const answeredSeconds = budgetMs(deadlineSeconds, undefined) / 1000
  return budgetMs(answeredSeconds, undefined) / 1000
}
