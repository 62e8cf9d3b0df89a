import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface DockerHubOptions {
  /** What you put into the query of the URL, long and random: one, several, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The query parameter it stands in: `https://hooks.example.com/in?token=...`. @default token */
  readonly parameter?: string
  /** Whether it delivers again by itself, of which the documentation does not speak. @default false */
  readonly redelivery?: boolean
}

/**
 * Docker Hub, which neither signs nor sends a secret: all that proves a sender is a URL that nobody can
 * guess. URLs end up in access logs, and the body is not covered, so ask the registry whether the push is
 * there. Don't call `callback_url`: it is a relic, and anyone could name a URL there. The type is `push`;
 * there is no id, duplicates are known by the body. Docker Hub documents no retries.
 *
 * @see https://docs.docker.com/docker-hub/repos/manage/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function dockerHub(options: DockerHubOptions): Provider {
  const { secret, parameter = 'token', redelivery = false } = options
  return defineProvider({
    name: 'docker-hub',
    verify: sharedSecret({ query: parameter, secret }),
    event: {
      type: () => 'push',
      timestamp: time('s', member('push_data.pushed_at')),
    },
    acknowledge: { refusedStatus: 401, retries: redelivery },
  })
}

export const facts: ProviderFacts = {
  title: 'Docker Hub',
  docs: ['https://docs.docker.com/docker-hub/repos/manage/webhooks/'],
  checked: '2026-07',
  delivered: [200],
  deliveredNote: 'what else does is not known',
  retriedOn: [],
  retriedNote: 'as far as is documented',
  givenUpOn: ['3xx', '4xx', '5xx', 'timeout', 'unreachable'],
  doubts: [
    'No deadline is published',
    'That nothing is delivered again is inferred, the documentation does not speak of it: see `redelivery`',
  ],
}
