import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  standardWebhooks,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface AnthropicOptions extends Pick<StandardWebhooksOptions, 'toleranceSeconds'> {
  /** The signing secret of the endpoint, `whsec_` and all: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. That `id` is the same in all attempts is said by a third party; `delivery` goes
   * by the signed id in the header.
   *
   * @default event
   */
  readonly identity?: 'event' | 'delivery'
}

/**
 * Anthropic, Claude Managed Agents: HMAC-SHA256 over id, time and body, as Standard Webhooks describes. The
 * type is `data.type`, `session.status_idled`, as `type` is always `event`; payloads are thin, so fetch what
 * they name. Redirects count as failures.
 *
 * @see https://platform.claude.com/docs/en/managed-agents/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function anthropic(options: AnthropicOptions): Provider {
  const { identity = 'event' } = options
  return defineProvider({
    name: 'anthropic',
    verify: standardWebhooks(options),
    event: {
      type: member('data.type'),
      id: identity === 'event' ? first(member('id'), signedMessageId) : signedMessageId,
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Anthropic',
  docs: ['https://platform.claude.com/docs/en/managed-agents/webhooks'],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  disables: 'About 20 failures in a row, and a redirect or a private address at once',
  doubts: [
    'The documentation has named the header `X-Webhook-Signature`; the SDK reads `webhook-signature`, as is done here',
    'The count of failures is a third party’s; nothing here goes by it',
    'That `id` is the same in all attempts is a third party’s: see `identity`',
    'Neither deadline nor schedule is published',
  ],
}
