import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface VercelOptions {
  /**
   * The secret of the webhook, shown once when it is made, or for the webhooks of an integration its client
   * secret: one, several while rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is said by third parties. @default 30 */
  readonly deadlineSeconds?: number
}

/**
 * Vercel: HMAC-SHA1 in `X-Vercel-Signature`. The type is `type`, `deployment.succeeded`. Vercel waits 30 s
 * and delivers again for up to a day. Log drains carry the same header but are no webhooks.
 *
 * @see https://vercel.com/docs/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function vercel({ secret, deadlineSeconds = 30 }: VercelOptions): Provider {
  return defineProvider({
    name: 'vercel',
    verify: hmac({ secret, header: 'x-vercel-signature', algorithm: 'sha1' }),
    event: {
      type: member('type'),
      id: member('id'),
      timestamp: time('ms', member('createdAt')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Vercel',
  docs: ['https://vercel.com/docs/webhooks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'With growing pauses for up to 24 h',
  doubts: [
    'The deadline is from third parties: see `deadlineSeconds`',
    'The retries are from third parties; nothing here goes by them',
  ],
}
