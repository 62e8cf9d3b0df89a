import type { Stripe } from 'stripe'
import type { WithPeer } from '../lib/optional-peer.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

/** Events by type (`checkout.session.completed`), from the optional peer `stripe`. */
export type StripeEvents = WithPeer<
  Stripe.Event,
  { [Event in Stripe.Event as Event['type']]: Event }
>

export interface StripeOptions {
  /**
   * The signing secret of the endpoint, `whsec_` and all: one, several while rolling it, or a function of
   * the request. The endpoints of live and test mode and the CLI each have their own.
   */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 300 */
  readonly toleranceSeconds?: number | false
  /** Stripe publishes no figure; after `checkout.session.completed` a customer waits up to 10 s. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Stripe: HMAC-SHA256 with its time in `Stripe-Signature`, several `v1` while a secret is rolled. Other
 * versions beside it are not looked at. Stripe delivers again for three days; redirects count as failures.
 *
 * @see https://docs.stripe.com/webhooks/signature
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function stripe(options: StripeOptions): Provider<StripeEvents> {
  const { secret, toleranceSeconds = 300, deadlineSeconds = 10 } = options
  return defineProvider<StripeEvents>({
    name: 'stripe',
    verify: hmac({
      secret,
      header: 'stripe-signature',
      list: { separator: ',', signature: 'v1', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: { toleranceSeconds },
    }),
    event: {
      type: member('type'),
      id: member('id'),
      // Of thin events (v2) it is text.
      timestamp: first(time('s', member('created')), time('iso', member('created'))),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Stripe',
  docs: ['https://docs.stripe.com/webhooks', 'https://docs.stripe.com/webhooks/signature'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'For up to 3 days with growing pauses; in a sandbox 3 times over a few hours',
  disables: 'After days of failures, announced by e-mail',
  doubts: ['No deadline is published: see `deadlineSeconds`'],
}
