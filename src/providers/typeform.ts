import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface TypeformOptions {
  /** The secret entered at the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * Typeform: HMAC-SHA256 in `Typeform-Signature`, `sha256=` and then base64. The type is `event_type`,
 * `form_response`. Typeform waits 30 s; an answer of 404 or 410 switches the webhook off at once.
 *
 * @see https://www.typeform.com/developers/webhooks/secure-your-webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function typeform({ secret }: TypeformOptions): Provider {
  return defineProvider({
    name: 'typeform',
    verify: hmac({ secret, header: 'typeform-signature', prefix: 'sha256=', encoding: 'base64' }),
    event: {
      type: member('event_type'),
      id: member('event_id'),
      timestamp: time('iso', member('form_response.submitted_at')),
    },
    acknowledge: { deadlineSeconds: 30 },
  })
}

export const facts: ProviderFacts = {
  title: 'Typeform',
  docs: [
    'https://www.typeform.com/developers/webhooks/',
    'https://www.typeform.com/developers/webhooks/secure-your-webhooks/',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  givenUpOn: [404, 410],
  schedule:
    'After 408, 423, 429 and 503 every 2-3 min for 10 h; after others a few times with growing pauses',
  disables: '404 and 410 at once; all deliveries failing over days',
  doubts: [
    'When failures other than 404 and 410 switch it off is from third parties; nothing here goes by it',
  ],
}
