import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface CoinbaseCommerceOptions {
  /** The shared secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Coinbase Commerce: HMAC-SHA256 in `X-CC-Webhook-Signature`. The event is the member `event`: its type is
 * `event.type`, `charge:confirmed`, while the `id` beside it is that of the delivery. Coinbase delivers again
 * for three days.
 *
 * @see https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-overview
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function coinbaseCommerce({
  secret,
  deadlineSeconds = 10,
}: CoinbaseCommerceOptions): Provider {
  return defineProvider({
    name: 'coinbase-commerce',
    verify: hmac({ secret, header: 'x-cc-webhook-signature' }),
    event: {
      type: member('event.type'),
      id: member('event.id'),
      timestamp: time('iso', member('event.created_at')),
      attempt: number(member('attempt_number')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Coinbase Commerce',
  docs: ['https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-overview'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'For up to 3 days with growing pauses of 1 h at most',
  doubts: ['The deadline is not stated, 10 s is assumed: see `deadlineSeconds`'],
}
