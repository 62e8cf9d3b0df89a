import { hub } from '../challenges/hub.ts'
import { configurationError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'
import { credentialScheme } from '../lib/credential.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import type { OutgoingMessage, Provider, SecretSource } from '../types.ts'

export interface StravaOptions {
  /** The token that you gave when you created the subscription, by which Strava's check is known. */
  readonly verifyToken: SecretSource | undefined
  /** The id of the subscription, or a function that finds it: it is known only once that exists. */
  readonly subscriptionId: number | SecretSource | undefined
}

/**
 * Strava: events are not signed. They hold the id of the subscription, a small number that can be
 * guessed, and nothing else; so mount the handler at a path that can't be guessed, and take an event as a
 * hint to fetch the activity. The type is `activity` or `athlete`, with what happened below it,
 * `activity.update`. Strava waits 2 s, and only 200 counts.
 *
 * @see https://developers.strava.com/docs/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function strava({ verifyToken, subscriptionId }: StravaOptions): Provider {
  return defineProvider({
    name: 'strava',
    verify: credentialScheme({
      name: 'subscription-id',
      secret: typeof subscriptionId === 'number' ? idText(subscriptionId) : subscriptionId,
      place: 'member subscription_id of the body',
      headers: [],
      inBody: true,
      read({ payload }) {
        const id = readMember(payload, ['subscription_id'])
        return typeof id === 'number' ? String(id) : undefined
      },
      write: withSubscription,
    }),
    challenges: [hub({ verifyToken, as: { member: 'hub.challenge' } })],
    event: {
      type: member('object_type'),
      subtype: member('aspect_type'),
      timestamp: time('s', member('event_time')),
    },
    acknowledge: { deadlineSeconds: 2 },
  })
}

function idText(id: number): string {
  if (Number.isSafeInteger(id) && id > 0) return String(id)
  throw configurationError('ERR_OPTION_INVALID', 'subscriptionId is a whole number above 0')
}

function withSubscription(message: OutgoingMessage, id: string): OutgoingMessage {
  const event = JSON.parse(new TextDecoder().decode(message.body)) as object
  return { ...message, body: encodeUtf8(JSON.stringify({ ...event, subscription_id: Number(id) })) }
}

export const facts: ProviderFacts = {
  title: 'Strava',
  docs: ['https://developers.strava.com/docs/webhooks/'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: '3 attempts in all',
  doubts: ['How the check of the URL is asked and answered is from code that is in use'],
}
