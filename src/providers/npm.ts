import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface NpmOptions {
  /** The secret of the hook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * npm hooks: HMAC-SHA256 in `X-Npm-Signature`. The type is `event`, `package:publish`. There is no id:
 * duplicates are known by the body.
 *
 * @see https://docs.npmjs.com/cli/v6/commands/npm-hook
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function npm({ secret }: NpmOptions): Provider {
  return defineProvider({
    name: 'npm',
    verify: hmac({ secret, header: 'x-npm-signature', prefix: 'sha256=' }),
    event: {
      type: member('event'),
      timestamp: time('ms', member('time')),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'npm hooks',
  docs: ['https://docs.npmjs.com/cli/v6/commands/npm-hook'],
  checked: '2026-07',
  delivered: [200],
  deliveredNote: 'what else does is not known',
  retriedOn: 'unknown',
  doubts: [
    'Neither a deadline nor retries are documented',
    'npm’s own receiver has not changed since 2017: make sure that the service still exists',
  ],
}
