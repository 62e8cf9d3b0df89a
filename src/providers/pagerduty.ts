import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface PagerDutyOptions {
  /** The secret of the subscription, used as text: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known: the event id in the signed body, or `X-Webhook-Id`, which PagerDuty
   * documents for it but does not sign.
   *
   * @default event
   */
  readonly identity?: 'event' | 'delivery'
  /** Custom incident actions have 16 s. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * PagerDuty (webhooks v3): `v1` HMAC-SHA256 in `X-PagerDuty-Signature`, several while a secret is rotated.
 * The type is `event.event_type`, `incident.triggered`. PagerDuty waits 5 s and delivers again for two days,
 * holding later events of the same resource back, but drops what is answered 4xx other than 429; three
 * drops in a row switch the webhook off for a day, so a wrong secret does.
 *
 * @see https://developer.pagerduty.com/docs/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function pagerduty(options: PagerDutyOptions): Provider {
  const { secret, identity = 'event', deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'pagerduty',
    verify: hmac({
      secret,
      header: 'x-pagerduty-signature',
      prefix: 'v1=',
      list: { separator: ',' },
    }),
    event: {
      type: member('event.event_type'),
      id: identity === 'event' ? member('event.id') : header('x-webhook-id'),
      timestamp: time('iso', member('event.occurred_at')),
    },
    acknowledge: { deadlineSeconds, success: { status: 202 }, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'PagerDuty',
  docs: ['https://developer.pagerduty.com/docs/webhooks/'],
  checked: '2026-07',
  delivered: ['2xx'],
  deliveredNote: '202 is recommended',
  retriedOn: [429, '5xx', 'timeout', 'unreachable'],
  retriedNote: 'and after an expired certificate, but no other TLS error',
  givenUpOn: ['4xx'],
  schedule: 'For up to 48 h; later events of the same resource wait',
  disables: '3 webhooks dropped in a row, for 24 h',
  doubts: ['Bodies of up to 55 KB are guaranteed, above 256 KB they are dropped'],
}
