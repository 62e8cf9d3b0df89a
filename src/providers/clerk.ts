import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  standardWebhooks,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface ClerkOptions extends Pick<StandardWebhooksOptions, 'toleranceSeconds'> {
  /** The signing secret of the endpoint, `whsec_` and all: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
}

/**
 * Clerk, which delivers through Svix: HMAC-SHA256 over id, time and body, as Standard Webhooks describes.
 * The type is `type`, `user.created`. `event_attributes` holds the address and browser of a user: don't log
 * payloads whole. Svix waits 15 s and delivers again for more than a day.
 *
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function clerk(options: ClerkOptions): Provider {
  return defineProvider({
    name: 'clerk',
    verify: standardWebhooks(options),
    event: {
      type: member('type'),
      id: signedMessageId,
      timestamp: time('ms', member('timestamp')),
    },
    acknowledge: { deadlineSeconds: 15, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Clerk',
  docs: [
    'https://clerk.com/docs/guides/development/webhooks/overview',
    'https://docs.svix.com/retries',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'Svix: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h',
  disables: '5 days of nothing but failures',
  doubts: ['Deadline, schedule and switching off are those of Svix, to which Clerk refers'],
}
