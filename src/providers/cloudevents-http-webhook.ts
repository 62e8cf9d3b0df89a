import { cloudevents } from '../challenges/cloudevents.ts'
import { attribute, cloudEventId, cloudEvents } from '../lib/cloud-event.ts'
import { defineProvider, time, type ProviderFacts } from '../provider.ts'
import { anyOf } from '../schemes/any-of.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface CloudEventsHttpWebhookOptions {
  /** The access token: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The origins that may ask for permission to deliver, as in `WebHook-Request-Origin`; `*` takes any. */
  readonly allowedOrigins: readonly string[] | '*'
  /** Requests a minute the endpoint allows at most, if the sender asks. @default 1000 */
  readonly ratePerMinute?: number
}

/**
 * Any sender that follows "HTTP 1.1 Web Hooks for Event Delivery" of CloudEvents: an access token in
 * `Authorization: Bearer` or the query parameter `access_token`, as targets have to take both. Events come in
 * binary or structured mode or as a batch; the type is the CloudEvents type, the id source and id.
 *
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` without origins
 */
export function cloudeventsHttpWebhook(options: CloudEventsHttpWebhookOptions): Provider {
  const { secret, allowedOrigins, ratePerMinute = 1000 } = options
  return defineProvider({
    name: 'cloudevents-http-webhook',
    verify: anyOf(
      sharedSecret({ bearer: true, secret }),
      sharedSecret({ query: 'access_token', secret }),
    ),
    challenges: [cloudevents({ allowedOrigins, ratePerMinute })],
    event: {
      items: cloudEvents,
      type: attribute('type'),
      id: cloudEventId,
      timestamp: time('iso', attribute('time')),
    },
    acknowledge: {
      // An empty body under 200 does not conform (section 2.2), and with a token in the URL an answer is
      // private (section 3.2).
      success: { status: 204, headers: { 'cache-control': 'private' } },
    },
  })
}

export const facts: ProviderFacts = {
  title: 'CloudEvents HTTP 1.1 Web Hooks',
  docs: ['https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  retriedNote: 'it is for the sender to decide',
  givenUpOn: [410],
  heedsRetryAfter: true,
  doubts: [
    '`Retry-After` binds the sender with 429 only; 503 is answered, which all of them retry',
  ],
}
