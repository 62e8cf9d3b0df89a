import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface PaddleOptions {
  /** The secret key of the destination, `pdl_ntfset_` and all: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /**
   * Seconds to either side; `false` accepts any age. Paddle's packages for Node and Python allow 5, to the
   * past only, and that for Go any age unless asked. Raise it if the clock of the host may be off.
   *
   * @default 5
   */
  readonly toleranceSeconds?: number | false
}

/**
 * Paddle Billing: HMAC-SHA256 with its time in `Paddle-Signature`, several `h1` while a secret is rotated,
 * any of which may match. Other versions beside it are not looked at. The type is `event_type`,
 * `transaction.completed`. Paddle waits 5 s and delivers again for three days; only 200 counts.
 *
 * @see https://developer.paddle.com/webhooks/about/signature-verification
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function paddle({ secret, toleranceSeconds = 5 }: PaddleOptions): Provider {
  return defineProvider({
    name: 'paddle',
    verify: hmac({
      secret,
      header: 'paddle-signature',
      list: { separator: ';', signature: 'h1', timestamp: 'ts' },
      content: '{timestamp}:{body}',
      timestamp: { toleranceSeconds },
    }),
    event: {
      type: member('event_type'),
      id: member('event_id'),
      timestamp: time('iso', member('occurred_at')),
    },
    acknowledge: { deadlineSeconds: 5 },
  })
}

export const facts: ProviderFacts = {
  title: 'Paddle Billing',
  docs: [
    'https://developer.paddle.com/webhooks/about/signature-verification',
    'https://developer.paddle.com/webhooks/about/respond-to-webhooks',
  ],
  checked: '2026-11',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'Live accounts up to 60 times over 3 days, with growing pauses',
  doubts: [
    'The tolerance differs between its packages: see `toleranceSeconds`',
    'Of several `h1` its package for Node takes the last, for Python any, for Go none: any is taken here',
  ],
}
