import { presence } from '../challenges/presence.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface TrelloOptions {
  /** The secret of the application (OAuth 1): one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Trello: base64 HMAC-SHA1 in `X-Trello-Webhook`, over the body and the callback URL after it. Set
 * `publicUrl` of `createWebhookHandler` to the URL as it was registered, unless the host sees that very
 * URL. The type is that of the action, `updateCard`. An answer of 410 deletes the webhook.
 *
 * @see https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function trello({ secret, deadlineSeconds = 10 }: TrelloOptions): Provider {
  return defineProvider({
    name: 'trello',
    verify: hmac({
      secret,
      header: 'x-trello-webhook',
      algorithm: 'sha1',
      encoding: 'base64',
      content: '{body}{url}',
    }),
    challenges: [presence({ method: 'HEAD' })],
    event: {
      type: member('action.type'),
      id: member('action.id'),
      timestamp: time('iso', member('action.date')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Trello',
  docs: ['https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  givenUpOn: [410],
  schedule: '3 times: after 30, 60 and 120 s',
  stops: '410, which deletes the webhook',
  disables: '30 failures in a row',
  doubts: [
    'The deadline is not stated, 10 s is assumed: see `deadlineSeconds`',
    'The schedule is from third parties, and what 410 does is inferred; nothing here goes by them',
  ],
}
