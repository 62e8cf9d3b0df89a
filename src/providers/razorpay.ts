import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface RazorpayOptions {
  /**
   * The secret of the webhook: one, several, or a function of the request. After a change, keep the old one
   * beside the new for a day and more: retries of older events are still signed with it.
   */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. Razorpay does not sign `X-Razorpay-Event-Id`, so whoever got hold of a
   * signed delivery can send it again under another id; `content` goes by the signed body instead.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
}

/**
 * Razorpay: HMAC-SHA256 in `X-Razorpay-Signature`. The type is `event`, `payment.captured`. Razorpay waits
 * 5 s and delivers again for a day after the event, then switches the webhook off.
 *
 * @see https://razorpay.com/docs/webhooks/validate-test
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function razorpay({ secret, identity = 'delivery' }: RazorpayOptions): Provider {
  return defineProvider({
    name: 'razorpay',
    verify: hmac({ secret, header: 'x-razorpay-signature' }),
    event: {
      type: member('event'),
      ...(identity === 'delivery' && { id: header('x-razorpay-event-id') }),
      timestamp: time('s', member('created_at')),
    },
    acknowledge: { deadlineSeconds: 5 },
  })
}

export const facts: ProviderFacts = {
  title: 'Razorpay',
  docs: [
    'https://razorpay.com/docs/webhooks/validate-test',
    'https://razorpay.com/docs/webhooks/best-practices',
    'https://razorpay.com/docs/webhooks/faqs',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'With growing pauses for 24 h after the event',
  disables: '24 h of failures',
  doubts: [
    "Razorpay's package uses the same secret for the signature of an order and its payment, which is no webhook",
  ],
}
