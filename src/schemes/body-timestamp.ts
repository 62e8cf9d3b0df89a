import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { after } from '../lib/awaitable.ts'
import {
  checkFreshness,
  DEFAULT_TOLERANCE_SECONDS,
  formatTimestamp,
  type TimestampUnit,
} from '../lib/freshness.ts'
import { withMember } from '../lib/json-body.ts'
import { readMember } from '../lib/member.ts'
import { positive } from '../lib/options.ts'
import type { OutgoingMessage, Scheme, SignOptions, VerifyBody } from '../types.ts'

export interface BodyTimestampOptions {
  /** The member of the payload by its path, `webhookTimestamp`: a number or text. */
  readonly member: string
  /** @default s */
  readonly unit?: TimestampUnit
  /** Seconds to either side; `false` accepts any age, but there has to be a time. @default 300 */
  readonly toleranceSeconds?: number | false
  /**
   * A header field that counts where the payload has no time. It is not signed, so whoever repeats such a
   * delivery can write any time there.
   */
  readonly fallbackHeader?: string
}

/**
 * Limits the age of what another scheme has verified, by a time that the sender puts into the signed body.
 *
 * `sign` sets that time, so it takes only JSON objects.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @example
 * bodyTimestamp(hmac({ secret, header: 'x-signature' }), { member: 'sentAt', unit: 'ms' })
 */
export function bodyTimestamp(scheme: Scheme, options: BodyTimestampOptions): Scheme {
  const { member, unit = 's', toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options
  if (!member) {
    throw configurationError('ERR_OPTION_INVALID', 'bodyTimestamp() takes the member with the time')
  }
  if (toleranceSeconds !== false) positive('toleranceSeconds', toleranceSeconds, 0)
  const names = member.split('.')
  const fallbackHeader = options.fallbackHeader?.toLowerCase()

  function assertFresh(delivery: Delivery): void {
    const text =
      textOf(readMember(delivery.payload, names)) ??
      (fallbackHeader && delivery.headers.get(fallbackHeader))
    if (text === undefined || text === null) {
      throw new WebhookError('ERR_TIMESTAMP_MISSING', `The signed body has no time in ${member}`)
    }
    checkFreshness(text, { unit, now: delivery.receivedAt, toleranceSeconds })
  }

  const checkThenTime =
    (check: VerifyBody): VerifyBody =>
    (delivery) =>
      after(check(delivery), (verified) => {
        assertFresh(delivery)
        return verified
      })

  function sign(message: OutgoingMessage, signOptions: SignOptions) {
    const time = formatTimestamp(signOptions.now, unit)
    const value = unit === 'iso' ? time : Number(time)
    return scheme.sign!(withMember(message, names, value), signOptions)
  }

  return {
    ...scheme,
    headers: fallbackHeader ? [...scheme.headers, fallbackHeader] : scheme.headers,
    open: (head) => after(scheme.open(head), checkThenTime),
    ...(scheme.sign && { sign }),
  }
}

/** Absent if there is nothing; what is there but can't be a time must not be passed over. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
