import { listOf } from '../lib/list-of.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface LineOptions {
  /** The channel secret: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Whether redelivery is switched on at the channel, without which LINE never delivers again. @default false */
  readonly redelivery?: boolean
  /** Seconds it waits; older pages say 1. @default 2 */
  readonly deadlineSeconds?: number
}

/**
 * LINE Messaging API: base64 HMAC-SHA256 in `X-Line-Signature`. A delivery brings several events, or none
 * when the webhook is checked from the console. The type is `type`, `message`, with `message.text` for its
 * kinds; `timestamp` is that of the event on redeliveries too. LINE waits 2 s.
 *
 * @see https://developers.line.biz/en/docs/messaging-api/receiving-messages/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function line(options: LineOptions): Provider {
  const { secret, redelivery = false, deadlineSeconds = 2 } = options
  return defineProvider({
    name: 'line',
    verify: hmac({ secret, header: 'x-line-signature', encoding: 'base64' }),
    event: {
      items: listOf('events'),
      type: member('type'),
      subtype: member('message.type'),
      id: member('webhookEventId'),
      timestamp: time('ms', member('timestamp')),
    },
    acknowledge: { deadlineSeconds, retries: redelivery },
  })
}

export const facts: ProviderFacts = {
  title: 'LINE Messaging API',
  docs: [
    'https://developers.line.biz/en/docs/messaging-api/receiving-messages/',
    'https://developers.line.biz/en/docs/messaging-api/check-webhook-error-statistics/',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  retriedNote: 'if redelivery is switched on',
  disables: 'Failing for a long time may suspend it',
  doubts: ['Older pages have a deadline of 1 s, and only 200 for a success'],
}
