import { defineProvider, header, number, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface BitbucketOptions {
  /** The secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. Bitbucket does not sign `X-Request-UUID`, so whoever got hold of a signed
   * delivery can send it again under another id; `content` goes by the signed body instead.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Seconds it waits, which is inferred. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Bitbucket Cloud and Data Center: HMAC-SHA256 in `X-Hub-Signature`. The type is `X-Event-Key`,
 * `repo:push`, which is not signed and stands nowhere in the body. Bitbucket waits 10 s.
 *
 * @see https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function bitbucket(options: BitbucketOptions): Provider {
  const { secret, identity = 'delivery', deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'bitbucket',
    verify: hmac({ secret, header: 'x-hub-signature', prefix: 'sha256=' }),
    event: {
      type: header('x-event-key'),
      ...(identity === 'delivery' && { id: header('x-request-uuid') }),
      attempt: number(header('x-attempt-number')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Bitbucket',
  docs: [
    'https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/',
    'https://support.atlassian.com/bitbucket-cloud/docs/troubleshoot-webhooks/',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['5xx', 'timeout', 'unreachable'],
  givenUpOn: ['else'],
  schedule: 'Twice, without a pause',
  doubts: [
    'The 10 s are inferred: see `deadlineSeconds`',
    'That there is no pause is from a third party; nothing here goes by it',
    'That the id is that of the first attempt is inferred: see `identity`. Data Center sends none; there the body counts',
  ],
}
