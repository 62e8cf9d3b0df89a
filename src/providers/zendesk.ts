import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface ZendeskOptions {
  /**
   * The signing secret of the webhook, as it is: it looks like base64 but is used as text. One, several
   * while rotating, or a function of the request. Never the secret that Zendesk signs tests with before a
   * webhook is saved, which everybody knows.
   */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. Zendesk documents none. @default 300 */
  readonly toleranceSeconds?: number | false
  /**
   * By what duplicates are known. Zendesk does not sign `X-Zendesk-Webhook-Invocation-Id`, so whoever got
   * hold of a signed delivery can send it again under another id while its time is fresh; `content` goes by
   * the signed body instead, and takes two equal ones of a trigger for one.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Seconds it waits, which is said by a third party. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Zendesk: base64 HMAC-SHA256 over an ISO 8601 time and the body, without anything between them, in
 * `X-Zendesk-Webhook-Signature`. The type is `type` of a subscribed event (`zen:event-type:ticket.created`);
 * what a trigger or automation sends is of your own making, and has to be sent by POST.
 *
 * @see https://developer.zendesk.com/documentation/webhooks/verifying/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function zendesk(options: ZendeskOptions): Provider {
  const { secret, toleranceSeconds = 300, identity = 'delivery', deadlineSeconds = 10 } = options
  const sentAt = 'x-zendesk-webhook-signature-timestamp'
  return defineProvider({
    name: 'zendesk',
    verify: hmac({
      secret,
      header: 'x-zendesk-webhook-signature',
      encoding: 'base64',
      content: '{timestamp}{body}',
      timestamp: { header: sentAt, unit: 'iso', toleranceSeconds },
    }),
    event: {
      type: member('type'),
      ...(identity === 'delivery' && { id: header('x-zendesk-webhook-invocation-id') }),
      timestamp: time('iso', header(sentAt)),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Zendesk',
  docs: [
    'https://developer.zendesk.com/documentation/webhooks/verifying/',
    'https://developer.zendesk.com/api-reference/webhooks/introduction',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  retriedNote: 'some statuses only, which the sources read do not list',
  disables: 'A circuit breaker pauses an endpoint that fails often',
  doubts: [
    'The sources read give no deadline; 10 s is a third party’s figure: see `deadlineSeconds`',
    'No tolerance is documented: see `toleranceSeconds`',
    'That the invocation id stays the same over retries is inferred: see `identity`',
  ],
}
