import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  signedMessageId,
  signedMessageTime,
  standardWebhooks,
  type StandardWebhooksOptions,
} from '../schemes/standard-webhooks.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface ReplicateOptions extends Pick<StandardWebhooksOptions, 'toleranceSeconds'> {
  /**
   * The signing key, `whsec_` and all, as `GET /v1/webhooks/default/secret` tells it: one, several while
   * rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /** Replicate speaks of a few seconds. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * Replicate: HMAC-SHA256 over id, time and body, as Standard Webhooks describes. The type is the `status` of
 * the prediction, `processing` or `succeeded`; `webhook_events_filter` chooses among them. Only the last one
 * (`succeeded`, `failed`, `canceled`) is delivered again, for about a minute.
 *
 * @see https://replicate.com/docs/topics/webhooks/verify-webhook
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function replicate(options: ReplicateOptions): Provider {
  const { deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'replicate',
    verify: standardWebhooks(options),
    event: {
      type: member('status'),
      id: signedMessageId,
      timestamp: time('s', signedMessageTime),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Replicate',
  docs: [
    'https://replicate.com/docs/topics/webhooks/verify-webhook',
    'https://replicate.com/docs/topics/webhooks/receive-webhook',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['4xx', '5xx', 'unreachable'],
  retriedNote: 'the last webhook of a prediction only',
  schedule: 'Several times with growing pauses, the last about 1 min after the prediction ended',
  doubts: [
    '“A few seconds” are all that is published of the deadline: see `deadlineSeconds`',
    'Its own libraries check the time only if they are told to; here 300 s apply',
  ],
}
