import { configurationError } from '../../errors.ts'
import { positive } from '../../lib/options.ts'

const DAY_SECONDS = 86_400

/** Seconds for which an engine that keeps its records itself does so. */
export interface Lifetimes {
  /** For which the key of a record is known. */
  readonly windowSeconds: number
  /** For which the content of what is done is there to be replayed. */
  readonly replaySeconds: number
  readonly deadSeconds: number
}

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function lifetimesOf(options: Partial<Lifetimes>): Lifetimes {
  const { windowSeconds, replaySeconds, deadSeconds } = options
  return {
    windowSeconds: positive('windowSeconds', windowSeconds, 7 * DAY_SECONDS),
    replaySeconds: positive('replaySeconds', replaySeconds, DAY_SECONDS),
    deadSeconds: positive('deadSeconds', deadSeconds, 30 * DAY_SECONDS),
  }
}

/** A whole number that a store can count to, for one that may be a fraction, or infinite. */
export const counted = (amount: number, most: number): number => Math.min(Math.ceil(amount), most)

/**
 * A name as a service takes it.
 *
 * @param meaning for the message: what it has to be
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function named(
  option: string,
  value: string | undefined,
  form: RegExp,
  meaning: string,
): string {
  if (typeof value === 'string' && form.test(value)) return value
  const given = JSON.stringify(value)
  throw configurationError('ERR_OPTION_INVALID', `${option} is ${meaning}, not ${given}`)
}
