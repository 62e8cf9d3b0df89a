import { WebhookError } from '../errors.ts'

/** The default of the field: five minutes to either side. */
export const DEFAULT_TOLERANCE_SECONDS = 300

export type TimestampUnit = 's' | 'ms' | 'iso'

/** Digits only, and as many as the unit has for today: no sign, no exponent, no seconds for milliseconds. */
const FORMS = {
  s: { pattern: /^\d{9,11}$/, toMs: (text: string) => Number(text) * 1000 },
  ms: { pattern: /^\d{12,14}$/, toMs: Number },
  iso: {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/,
    toMs: (text: string) => Date.parse(text),
  },
} as const

export const isUnit = (unit: string): boolean => Object.hasOwn(FORMS, unit)

/**
 * Refuses a signed timestamp that is too far from now, in the past or in the future.
 *
 * @param toleranceSeconds `false` accepts any age; the form is checked all the same
 * @throws {WebhookError} `ERR_TIMESTAMP_MALFORMED`, `ERR_TIMESTAMP_OUTSIDE_TOLERANCE`
 */
export function checkFreshness(
  text: string,
  {
    unit,
    now,
    toleranceSeconds,
  }: { unit: TimestampUnit; now: number; toleranceSeconds: number | false },
): void {
  const form = FORMS[unit]
  const ms = form.pattern.test(text) ? form.toMs(text) : NaN
  if (Number.isNaN(ms)) {
    throw new WebhookError('ERR_TIMESTAMP_MALFORMED', `The timestamp is not a time in ${unit}`)
  }
  if (toleranceSeconds === false) return
  const ageSeconds = (now - ms) / 1000
  if (Math.abs(ageSeconds) <= toleranceSeconds) return
  const [what, why] =
    ageSeconds > 0
      ? ['old', 'it is a replay, or this clock is ahead']
      : ['in the future', 'this clock is behind']
  throw new WebhookError(
    'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    `The signature is ${Math.round(Math.abs(ageSeconds))} s ${what}, ${toleranceSeconds} s are allowed; ${why}`,
  )
}

/** A timestamp as a sender writes it. */
export function formatTimestamp(now: number, unit: TimestampUnit): string {
  if (unit === 'iso') return new Date(now).toISOString()
  return String(Math.floor(unit === 's' ? now / 1000 : now))
}
