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
}

/**
 * Jira Cloud: HMAC in `X-Hub-Signature`, whose algorithm stands in front of it: SHA-256, or a longer one of its
 * family. For webhooks with a secret, as administrators make them; those of apps have none. The type is
 * `webhookEvent`: `jira:issue_created`, `comment_created`.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function jira({ secret, identity = 'delivery' }: JiraOptions): Provider {
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
      attempt: number(header('x-atlassian-webhook-retry'), 1),
    },
  })
}

export const facts: ProviderFacts = {
  title: 'Atlassian Jira Cloud',
  docs: ['https://developer.atlassian.com/cloud/jira/platform/webhooks/'],
  checked: '2026-07',
  delivered: '2xx',
  retriedOn: '408, 409, 425, 429, 5xx and failed connections',
  schedule: 'up to 5 times, 5 to 15 min apart',
  doubts: [
    'Only SHA-256 has been seen',
    'No deadline was found',
    'Inferred: what is retried, and that `X-Atlassian-Webhook-Retry` is 1 at the first retry',
    'Webhooks of Connect apps bring a JWT instead, and are refused',
  ],
}
