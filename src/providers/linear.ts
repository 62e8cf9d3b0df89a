import { defineProvider, first, header, member, time, type ProviderFacts } from '../provider.ts'
import { bodyTimestamp } from '../schemes/body-timestamp.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface LinearOptions {
  /** The signing secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. Linear's package has a minute. @default 60 */
  readonly toleranceSeconds?: number | false
  /**
   * By what duplicates are known. Linear does not sign `Linear-Delivery`, so whoever got hold of a signed
   * delivery can send it again under another id while its time is fresh; `content` goes by the signed body
   * instead, whose time is another one at each attempt, so retries of what is done are worked on again.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
}

/**
 * Linear: HMAC-SHA256 in `Linear-Signature`, with the time in the signed body; `Linear-Timestamp` is not
 * signed and not looked at, as in Linear's own package. The type is `type`, `Issue`, with `Issue.create` for
 * its actions. Linear waits 5 s and delivers again three times.
 *
 * @see https://linear.app/developers/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function linear(options: LinearOptions): Provider {
  const { secret, toleranceSeconds = 60, identity = 'delivery' } = options
  return defineProvider({
    name: 'linear',
    verify: bodyTimestamp(hmac({ secret, header: 'linear-signature' }), {
      member: 'webhookTimestamp',
      unit: 'ms',
      toleranceSeconds,
    }),
    event: {
      type: first(member('type'), header('linear-event')),
      subtype: member('action'),
      ...(identity === 'delivery' && { id: header('linear-delivery') }),
      timestamp: first(time('iso', member('createdAt')), time('ms', member('webhookTimestamp'))),
    },
    acknowledge: { deadlineSeconds: 5, refusedStatus: 400 },
  })
}

export const facts: ProviderFacts = {
  title: 'Linear',
  docs: ['https://linear.app/developers/webhooks'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: '3 times: after 1 min, 1 h and 6 h',
  disables: 'An endpoint that does not answer may be switched off, to be switched on by hand',
  doubts: [
    'That each attempt has a time and a signature of its own is inferred, as the pauses are longer than the tolerance: see `toleranceSeconds`',
    "Without any time a delivery is refused, which Linear's package takes",
    "400 for a refusal is what Linear's package answers",
    'Agent sessions want an activity within 10 s of the event',
  ],
}
