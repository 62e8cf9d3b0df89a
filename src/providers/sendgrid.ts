import { listOf } from '../lib/list-of.ts'
import type { PublicKeyValue } from '../lib/public-key.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { ecdsa } from '../schemes/ecdsa.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface SendGridOptions {
  /** The verification key as SendGrid shows it, in base64: one, several while rotating, or a function. */
  readonly publicKey: SecretSource<PublicKeyValue> | undefined
  /**
   * Seconds to either side; `false` accepts any age. SendGrid documents none, its libraries look at no
   * time, and whether a repeated attempt is signed anew is not said: so all that can be repeated is taken.
   *
   * @default 86400, as deliveries are repeated for 24 h
   */
  readonly toleranceSeconds?: number | false
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Twilio SendGrid Event Webhook: ECDSA (P-256) in `X-Twilio-Email-Event-Webhook-Signature`, over time and
 * body; the line ends between and after the events are signed too. A delivery brings several events, of
 * type `delivered`, `bounce`, `open` ..., known by their `sg_event_id`. Signatures have to be switched on.
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function sendgrid(options: SendGridOptions): Provider {
  const { publicKey, toleranceSeconds = 86_400, deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'sendgrid',
    verify: ecdsa({
      publicKey,
      header: 'x-twilio-email-event-webhook-signature',
      content: '{timestamp}{body}',
      timestamp: { header: 'x-twilio-email-event-webhook-timestamp', toleranceSeconds },
    }),
    event: {
      items: listOf(),
      type: member('event'),
      id: member('sg_event_id'),
      timestamp: time('s', member('timestamp')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Twilio SendGrid Event Webhook',
  docs: [
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'with growing pauses, for up to 24 h after each event',
  doubts: [
    'No deadline is published, 10 s are assumed: see `deadlineSeconds`',
    'Whether a repeated attempt has a new time is not said: see `toleranceSeconds`',
    'The OAuth token that can be set up beside the signature is not looked at',
    'Inbound Parse, which sends mails as multipart forms, is another webhook and not this one',
  ],
}
