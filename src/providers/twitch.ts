import { echo } from '../challenges/echo.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, header, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface TwitchOptions {
  /** The secret of the subscription: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 600, as Twitch says */
  readonly toleranceSeconds?: number | false
  /** Twitch says “a few seconds”; its CLI waits 10. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * Twitch EventSub: HMAC-SHA256 over id, time and body. The type is that of the subscription,
 * `channel.follow`; the message that ends one is of type `revocation`, with the reason below it,
 * `revocation.user_removed`. What kind of message it is, is read from the signed body and not from
 * the header, which is not signed.
 *
 * @see https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function twitch(options: TwitchOptions): Provider {
  const { secret, toleranceSeconds = 600, deadlineSeconds = 5 } = options
  const sentAt = 'twitch-eventsub-message-timestamp'
  return defineProvider({
    name: 'twitch',
    verify: hmac({
      secret,
      header: 'twitch-eventsub-message-signature',
      prefix: 'sha256=',
      content: '{id}{timestamp}{body}',
      id: 'twitch-eventsub-message-id',
      timestamp: { header: sentAt, unit: 'iso', toleranceSeconds },
    }),
    challenges: [echo({ member: 'challenge' })],
    event: {
      type: (event) => (isRevocation(event) ? 'revocation' : subscriptionType(event)),
      subtype: (event) => (isRevocation(event) ? subscriptionStatus(event) : undefined),
      id: header('twitch-eventsub-message-id'),
      timestamp: time('iso', header(sentAt)),
      attempt: number(header('twitch-eventsub-message-retry'), 1),
    },
    acknowledge: { deadlineSeconds },
  })
}

const subscriptionType = member('subscription.type')
const subscriptionStatus = member('subscription.status')

/** Only a notification brings what happened; `events` where Twitch batches it. */
function isRevocation({ payload }: Extractable): boolean {
  return ['event', 'events'].every((name) => readMember(payload, [name]) === undefined)
}

export const facts: ProviderFacts = {
  title: 'Twitch EventSub',
  docs: ['https://dev.twitch.tv/docs/eventsub/handling-webhook-events/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  disables: 'Too many slow or failed answers: the subscription is revoked',
  doubts: [
    'The deadline is "a few seconds" in the documentation and 10 s in the Twitch CLI: see `deadlineSeconds`',
  ],
}
