import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface WorkOSOptions {
  /** The signing secret of the endpoint: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 180 */
  readonly toleranceSeconds?: number | false
}

/**
 * WorkOS: HMAC-SHA256 in `WorkOS-Signature`, with its time in milliseconds and a space after the comma. The
 * type is `event`, `dsync.user.created`.
 *
 * @see https://workos.com/docs/events/data-syncing/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function workos({ secret, toleranceSeconds = 180 }: WorkOSOptions): Provider {
  return defineProvider({
    name: 'workos',
    verify: hmac({
      secret,
      header: 'workos-signature',
      list: { separator: ', ', signature: 'v1', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: { unit: 'ms', toleranceSeconds },
    }),
    event: {
      type: member('event'),
      id: member('id'),
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'WorkOS',
  docs: [
    'https://workos.com/docs/events/data-syncing/webhooks',
    'https://workos.com/docs/events/data-syncing/webhooks/what-you-will-build',
  ],
  checked: '2026-11',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'up to 12 times with growing pauses in 3 days',
  doubts: [
    'No deadline is published',
    'Older pages take any 2xx for delivered, and say that test environments retry for minutes only',
    'Its Node SDK takes times in the future, those for Python and Ruby refuse them, as is done here',
  ],
}
