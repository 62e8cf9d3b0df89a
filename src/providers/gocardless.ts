import { listOf } from '../lib/list-of.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface GoCardlessOptions {
  /** The secret of the webhook endpoint: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * GoCardless: HMAC-SHA256 in `Webhook-Signature`. A delivery brings up to 250 events, out of order. The type
 * is `resource_type`, `mandates`, with `mandates.cancelled` for its actions. What another secret has signed is
 * answered 498, as GoCardless demands. It waits 10 s, and takes redirects for failures.
 *
 * @see https://developer.gocardless.com/getting-started/stay-up-to-date-with-webhooks-v2
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function gocardless({ secret }: GoCardlessOptions): Provider {
  return defineProvider({
    name: 'gocardless',
    verify: hmac({ secret, header: 'webhook-signature' }),
    event: {
      items: listOf('events'),
      type: member('resource_type'),
      subtype: member('action'),
      id: member('id'),
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { deadlineSeconds: 10, refusedStatus: 498 },
  })
}

export const facts: ProviderFacts = {
  title: 'GoCardless',
  docs: [
    'https://developer.gocardless.com/getting-started/stay-up-to-date-with-webhooks-v2',
    'https://support.gocardless.com/hc/en-nz/articles/360000989989-Webhook-retries-failures',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'Up to 8 times with growing pauses: 1 min, 2 min, 10 min and on',
  doubts: ['The 498 for a refusal is from a quote of the API reference'],
}
