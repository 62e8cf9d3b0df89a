import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  signedMessageTime,
  standardWebhooks as scheme,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { EventMap, Provider } from '../types.ts'

export type { StandardWebhooksOptions }

/**
 * Any sender that follows the Standard Webhooks specification or delivers through Svix. The type is the
 * member `type`. Such senders wait 15 s and more, and deliver again for a day or longer.
 *
 * @see https://www.standardwebhooks.com/
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function standardWebhooks<Events extends EventMap = Record<string, unknown>>(
  options: StandardWebhooksOptions,
): Provider<Events> {
  return defineProvider<Events>({
    name: 'standard-webhooks',
    verify: scheme(options),
    event: {
      type: member('type'),
      id: signedMessageId,
      timestamp: time('s', signedMessageTime),
    },
    acknowledge: { deadlineSeconds: 15, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Standard Webhooks',
  docs: [
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    'https://docs.svix.com/receiving/verifying-payloads/how-manual',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  givenUpOn: [410],
  schedule: 'Svix: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h',
  disables: '410; at Svix 120 h of nothing but failures',
  doubts: [
    '15 to 30 s are recommended; the sender decides',
    'Svix waits as long as `Retry-After` says, other senders may not',
  ],
}
