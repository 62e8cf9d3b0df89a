import { defineProvider, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface LemonSqueezyOptions {
  /** The signing secret entered at the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Lemon Squeezy: HMAC-SHA256 in `X-Signature`. The type is `meta.event_name`, `order_created`, for the
 * `X-Event-Name` beside it is not signed. Deliveries have no id and no time: duplicates are known by the
 * body. Only 200 counts, 201 and 204 do not.
 *
 * @see https://docs.lemonsqueezy.com/help/webhooks/webhook-requests
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function lemonsqueezy({ secret, deadlineSeconds = 10 }: LemonSqueezyOptions): Provider {
  return defineProvider({
    name: 'lemonsqueezy',
    verify: hmac({ secret, header: 'x-signature' }),
    event: { type: member('meta.event_name') },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Lemon Squeezy',
  docs: ['https://docs.lemonsqueezy.com/help/webhooks/webhook-requests'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: '3 times: after 5, 25 and 125 s',
  doubts: ['The deadline is not stated, 10 s is assumed: see `deadlineSeconds`'],
}
