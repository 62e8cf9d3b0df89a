import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface IntercomOptions {
  /** The client secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Inferred: Intercom's pages on webhooks state none. @default 5 */
  readonly deadlineSeconds?: number
  /** What `delivery_attempts` is in the first attempt, which is inferred. @default 1 */
  readonly firstAttempt?: 0 | 1
}

/**
 * Intercom: HMAC-SHA1 in `X-Hub-Signature`. The type is `topic`, `conversation.user.created`; a `ping`
 * comes when the webhook is made. Endpoints that answer within 500 ms are served first.
 *
 * @see https://developers.intercom.com/docs/webhooks/webhook-notifications
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function intercom(options: IntercomOptions): Provider {
  const { secret, deadlineSeconds = 5, firstAttempt = 1 } = options
  return defineProvider({
    name: 'intercom',
    verify: hmac({ secret, header: 'x-hub-signature', algorithm: 'sha1', prefix: 'sha1=' }),
    event: {
      type: member('topic'),
      id: member('id'),
      timestamp: time('s', member('created_at')),
      attempt: number(member('delivery_attempts'), 1 - firstAttempt),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Intercom',
  docs: ['https://developers.intercom.com/docs/webhooks/webhook-notifications'],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['4xx', '5xx'],
  givenUpOn: [410],
  schedule: 'Once, after 1 min; after 429 with pauses of 1 min to 2 h',
  stops: '410, which ends the subscription',
  disables:
    'More than 1000 errors in a row within 15 min pause it for 15 min; 7 days of errors suspend it, for private apps only',
  doubts: [
    'The deadline is inferred: see `deadlineSeconds`',
    'What `delivery_attempts` counts is inferred: see `firstAttempt`',
    'The one retry and what 410 does are inferred; nothing here goes by them',
  ],
}
