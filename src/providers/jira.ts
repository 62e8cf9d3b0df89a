import { defineProvider, header, member, number, time, type ProviderFacts } from '../provider.ts'
import { negotiatedHmac } from '../schemes/negotiated-hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface JiraOptions {
  /** The secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. Jira does not sign `X-Atlassian-Webhook-Identifier`, so whoever got hold of
   * a signed delivery can send it again under another one; `content` goes by the signed body instead.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** What `X-Atlassian-Webhook-Retry` would be in the first attempt: that it is 1 at the first retry is inferred. @default 0 */
  readonly firstAttempt?: 0 | 1
}

/**
 * Jira Cloud: HMAC in `X-Hub-Signature`, whose algorithm stands in front of it: SHA-256, or a longer one of its
 * family. For webhooks with a secret, as administrators make them; those of apps have none. The type is
 * `webhookEvent`: `jira:issue_created`, `comment_created`.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function jira(options: JiraOptions): Provider {
  const { secret, identity = 'delivery', firstAttempt = 0 } = options
  return defineProvider({
    name: 'jira',
    verify: negotiatedHmac({
      secret,
      header: 'x-hub-signature',
      algorithms: ['sha256', 'sha384', 'sha512'],
    }),
    event: {
      type: member('webhookEvent'),
      ...(identity === 'delivery' && { id: header('x-atlassian-webhook-identifier') }),
      timestamp: time('ms', member('timestamp')),
      attempt: number(header('x-atlassian-webhook-retry'), 1 - firstAttempt),
    },
  })
}

export const facts: ProviderFacts = {
  title: 'Atlassian Jira Cloud',
  docs: ['https://developer.atlassian.com/cloud/jira/platform/webhooks/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [408, 409, 425, 429, '5xx', 'unreachable'],
  givenUpOn: ['3xx', '4xx'],
  schedule: 'up to 5 times, 5 to 15 min apart',
  doubts: [
    'Only SHA-256 has been seen',
    'No deadline was found',
    'What is retried is inferred; nothing here goes by it',
    'That `X-Atlassian-Webhook-Retry` is 1 at the first retry is inferred: see `firstAttempt`',
    'Webhooks of Connect apps bring a JWT instead, and are refused',
  ],
}
