import { WebhookError } from '../errors.ts'
import { assertToken, echoReply, type ReplyPlace } from '../lib/challenge-reply.ts'
import { knownToken } from '../lib/known-token.ts'
import type { Challenge, SecretSource } from '../types.ts'

export interface HubOptions {
  /** The token that was entered at the provider beside the URL. */
  readonly verifyToken: SecretSource | undefined
  /** How it is answered: as bare text, or as JSON with the member of this name. @default text */
  readonly as?: ReplyPlace
}

/**
 * The GET with `hub.mode=subscribe` by which Meta and Strava check a URL: the challenge is given back if
 * `hub.verify_token` is the configured one, else the answer is 403.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started/
 * @throws {TypeError} `ERR_SECRET_EMPTY` without a token
 */
export function hub({ verifyToken, as = 'text' }: HubOptions): Challenge {
  const isKnown = knownToken(verifyToken)
  return {
    name: 'hub',
    method: 'GET',
    signed: false,
    inBody: false,
    async answer(delivery) {
      const { query } = delivery
      if (query.get('hub.mode') !== 'subscribe') return undefined
      const given = query.get('hub.verify_token')
      if (given && (await isKnown(given, delivery))) {
        return echoReply(assertToken(query.get('hub.challenge')), [as])
      }
      throw new WebhookError(
        'ERR_CHALLENGE_REFUSED',
        'hub.verify_token is another one than verifyToken',
      )
    },
  }
}
