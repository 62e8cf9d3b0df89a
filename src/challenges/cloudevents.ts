import { configurationError, WebhookError } from '../errors.ts'
import type { Challenge } from '../types.ts'

export interface CloudEventsOptions {
  /** The origins that may deliver, as in `WebHook-Request-Origin`; `*` takes any. */
  readonly allowedOrigins: readonly string[] | '*'
  /** Requests a minute the endpoint allows at most, if the sender asks. @default 1000 */
  readonly ratePerMinute?: number
}

/** A DNS name, which is what an origin is here. */
const ORIGIN = /^[A-Za-z0-9.-]{1,253}$/

/**
 * The OPTIONS handshake of CloudEvents' HTTP webhooks: the origin that asks is allowed if it is listed.
 * A `WebHook-Request-Callback` is never called, as anyone can name a URL there.
 *
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 * @throws {TypeError} `ERR_OPTION_INVALID` for an empty list
 */
export function cloudevents({
  allowedOrigins,
  ratePerMinute = 1000,
}: CloudEventsOptions): Challenge {
  if (allowedOrigins !== '*' && !allowedOrigins?.length) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'cloudevents() takes the allowed origins, or "*" for any',
    )
  }
  return {
    name: 'cloudevents',
    method: 'OPTIONS',
    signed: false,
    inBody: false,
    answer({ headers }) {
      const origin = headers.get('webhook-request-origin')
      if (origin === null) return undefined
      if (!ORIGIN.test(origin) || (allowedOrigins !== '*' && !allowedOrigins.includes(origin))) {
        throw new WebhookError(
          'ERR_CHALLENGE_REFUSED',
          'The origin in WebHook-Request-Origin is not allowed',
        )
      }
      const asked = headers.get('webhook-request-rate')
      return {
        status: 200,
        headers: {
          allow: 'POST',
          'webhook-allowed-origin': origin,
          ...(asked !== null && { 'webhook-allowed-rate': String(allow(asked, ratePerMinute)) }),
        },
        body: null,
      }
    },
  }
}

/** No more than is asked for: the sender counts on what it is allowed. */
function allow(asked: string, most: number): number {
  return /^[1-9]\d{0,8}$/.test(asked) ? Math.min(Number(asked), most) : most
}
