import { expect, test } from 'vitest'
import { backoffMs } from '../../src/lib/backoff.ts'

test.each([
  [1, 1, 1000],
  [2, 1, 2000],
  [5, 1, 16_000],
  [30, 1, 60_000],
  [2000, 1, 60_000],
  [3, 0, 0],
  [3, 0.25, 1000],
])('after attempt %i, at %d of the limit: %i ms', (attempt, random, expected) => {
  expect(backoffMs(attempt, { baseMs: 1000, maxMs: 60_000 }, () => random)).toBe(expected)
})
