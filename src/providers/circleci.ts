import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface CircleCIOptions {
  /** The secret token of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * CircleCI: `v1` HMAC-SHA256 in `CircleCI-Signature`. Other versions beside it are not looked at. The type is
 * `workflow-completed` or `job-completed`. CircleCI signs only where a secret is set, and waits 10 s.
 *
 * @see https://circleci.com/docs/guides/integration/outbound-webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function circleci({ secret }: CircleCIOptions): Provider {
  return defineProvider({
    name: 'circleci',
    verify: hmac({
      secret,
      header: 'circleci-signature',
      prefix: 'v1=',
      list: { separator: ',' },
    }),
    event: {
      type: member('type'),
      id: member('id'),
      timestamp: time('iso', member('happened_at')),
    },
    acknowledge: { deadlineSeconds: 10, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'CircleCI',
  docs: ['https://circleci.com/docs/guides/integration/outbound-webhooks/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  doubts: ['No schedule of the retries is published'],
}
