import { configurationError } from '../errors.ts'
import { positive } from './options.ts'

/** Past 2^31 - 1 ms a timer does not wait at all. With room for what is added. */
const MOST_SECONDS = 2_147_483

/**
 * Seconds that a timer can count, or the default if there are none.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function timerSeconds(name: string, value: number | undefined, fallback: number): number {
  const seconds = positive(name, value, fallback)
  if (seconds <= MOST_SECONDS) return seconds
  throw configurationError(
    'ERR_OPTION_INVALID',
    `${name} is at most ${MOST_SECONDS}, as far as a timer counts`,
  )
}

/** The same in whole milliseconds, for stores and timers that take no others. */
export const timerMs = (...option: Parameters<typeof timerSeconds>): number =>
  Math.max(1, Math.round(timerSeconds(...option) * 1000))
