import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  standardWebhooks,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface OpenAIOptions extends Pick<StandardWebhooksOptions, 'toleranceSeconds'> {
  /**
   * The signing secret of the endpoint: base64 after `whsec_`, else text. One, several while rotating, or a
   * function of the request.
   */
  readonly secret: SecretSource | undefined
  /** OpenAI speaks of a few seconds. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * OpenAI: HMAC-SHA256 over id, time and body, as Standard Webhooks describes. The type is `type`,
 * `response.completed`; payloads are thin, so fetch what they name. OpenAI delivers again for three days;
 * redirects count as failures.
 *
 * @see https://platform.openai.com/docs/guides/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function openai(options: OpenAIOptions): Provider {
  const { deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'openai',
    verify: standardWebhooks({ ...options, unprefixed: 'utf8' }),
    event: {
      type: member('type'),
      id: signedMessageId,
      timestamp: time('s', member('created_at')),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'OpenAI',
  docs: ['https://platform.openai.com/docs/guides/webhooks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'For up to 72 h with growing pauses',
  doubts: [
    '“A few seconds” are all that is published of the deadline: see `deadlineSeconds`',
    'The 72 h are inferred; nothing here goes by them',
  ],
}
