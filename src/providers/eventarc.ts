import { attribute, cloudEventId } from '../lib/cloud-event.ts'
import { defineProvider, time, type ProviderFacts } from '../provider.ts'
import { googleOidc, type GoogleOidcOptions } from '../schemes/google-oidc.ts'
import type { Provider } from '../types.ts'

export interface EventarcOptions extends GoogleOidcOptions {
  /** Seconds until Eventarc takes an answer for missing. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Google Eventarc, and the alerts of Firebase that come by it: an identity token of the trigger's service
 * account. Events are CloudEvents in binary mode; the type is the CloudEvents type, the id source and id.
 * Of a Pub/Sub trigger the data is what Pub/Sub pushes: `messageData` of
 * `webhook-target/providers/google-pubsub-push` reads it.
 *
 * @see https://cloud.google.com/eventarc/docs/cloudevents
 * @throws {TypeError} `ERR_OPTION_INVALID` without an audience or without a service account
 */
export function eventarc(options: EventarcOptions): Provider {
  const { deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'eventarc',
    verify: googleOidc(options),
    event: {
      type: attribute('type'),
      id: cloudEventId,
      timestamp: time('iso', attribute('time')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Google Eventarc',
  docs: ['https://cloud.google.com/eventarc/docs/cloudevents'],
  checked: '2026-07',
  delivered: ['2xx'],
  deliveredNote: '200, 201, 202 and 204 are safe',
  retriedOn: ['else'],
  schedule: 'for 24 h',
  doubts: [
    'Answers, retries and the deadline are inferred from Pub/Sub, which carries the events: see `deadlineSeconds`',
    'On Cloud Run the platform can ask for the token before your code does; it is checked here all the same',
  ],
}
