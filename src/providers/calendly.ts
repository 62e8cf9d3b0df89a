import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface CalendlyOptions {
  /**
   * The signing key: that of the app, or the `signing_key` given when the subscription was made, without
   * which Calendly signs nothing. One, several while rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. The example in the documentation has 3 minutes. @default 180 */
  readonly toleranceSeconds?: number | false
}

/**
 * Calendly: HMAC-SHA256 with its time in `Calendly-Webhook-Signature`. The type is `event`,
 * `invitee.created`. Deliveries have no id: duplicates are known by the body. Calendly waits 15 s and
 * delivers again for a day.
 *
 * @see https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function calendly({ secret, toleranceSeconds = 180 }: CalendlyOptions): Provider {
  return defineProvider({
    name: 'calendly',
    verify: hmac({
      secret,
      header: 'calendly-webhook-signature',
      list: { separator: ',', signature: 'v1', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: { toleranceSeconds },
    }),
    event: { type: member('event'), timestamp: time('iso', member('created_at')) },
    acknowledge: { deadlineSeconds: 15 },
  })
}

export const facts: ProviderFacts = {
  title: 'Calendly',
  docs: [
    'https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures',
    'https://developer.calendly.com/api-docs/overview/webhooks/webhook-timeouts',
    'https://developer.calendly.com/api-docs/overview/webhooks/webhook-errors',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'With growing pauses for 24 h, or until 24 h after the booking',
  disables: '24 h without a success; the subscription has to be made anew',
  doubts: ['A connection has to be made within 10 s, apart from the 15 s for the answer'],
}
