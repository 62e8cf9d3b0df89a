import { defineProvider, header, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface SquareOptions {
  /** The signature key of the subscription: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** One page says 10 s, a newer one as soon as possible. @default 10 */
  readonly deadlineSeconds?: number
  /** What `Square-Retry-Number` would be in the first attempt: that it is 1 at the first retry is inferred. @default 0 */
  readonly firstAttempt?: 0 | 1
}

/**
 * Square: base64 HMAC-SHA256 over the notification URL and the body in `X-Square-HmacSha256-Signature`. Set
 * `publicUrl` of `createWebhookHandler` to the URL that is entered at Square, to the last slash, unless the
 * host sees that very URL. Square delivers again for up to a day.
 *
 * @see https://developer.squareup.com/docs/webhooks-overview
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function square(options: SquareOptions): Provider {
  const { secret, deadlineSeconds = 10, firstAttempt = 0 } = options
  return defineProvider({
    name: 'square',
    verify: hmac({
      secret,
      header: 'x-square-hmacsha256-signature',
      encoding: 'base64',
      content: '{url}{body}',
    }),
    event: {
      type: member('type'),
      id: member('event_id'),
      timestamp: time('iso', member('created_at')),
      attempt: number(header('square-retry-number'), 1 - firstAttempt),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Square',
  docs: [
    'https://developer.squareup.com/docs/webhooks-overview',
    'https://developer.squareup.com/docs/webhooks/troubleshooting',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'For up to 24 h, on an older page 72 h',
  doubts: [
    'The pages differ on the deadline: see `deadlineSeconds`',
    'That `Square-Retry-Number` counts from 1 at the first retry is inferred: see `firstAttempt`',
  ],
}
