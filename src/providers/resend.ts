import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  standardWebhooks,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface ResendOptions extends Pick<StandardWebhooksOptions, 'toleranceSeconds'> {
  /** The signing secret of the webhook, `whsec_` and all: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /** That of Svix: Resend publishes none. @default 15 */
  readonly deadlineSeconds?: number
}

/**
 * Resend, which delivers through Svix: HMAC-SHA256 over id, time and body, as Standard Webhooks describes.
 * The type is `type`, `email.delivered`. Svix waits 15 s and delivers again for more than a day.
 *
 * @see https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function resend(options: ResendOptions): Provider {
  const { deadlineSeconds = 15 } = options
  return defineProvider({
    name: 'resend',
    verify: standardWebhooks(options),
    event: {
      type: member('type'),
      id: signedMessageId,
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Resend',
  docs: ['https://resend.com/docs/webhooks/retries-and-replays', 'https://docs.svix.com/retries'],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h',
  doubts: [
    'The 15 s are those of Svix, as Resend publishes no deadline: see `deadlineSeconds`',
    'Whether it sends the `svix-` or the `webhook-` names is not documented: both are taken',
  ],
}
