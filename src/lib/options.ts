import { configurationError } from '../errors.ts'

/**
 * A number from 0, or the default if there is none.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function notNegative(name: string, value: number | undefined, fallback: number): number {
  return value === 0 ? 0 : positive(name, value, fallback)
}

/**
 * A number above 0, or the default if there is none.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function positive(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value > 0) return value
  throw configurationError('ERR_OPTION_INVALID', `${name} is a number above 0`)
}
