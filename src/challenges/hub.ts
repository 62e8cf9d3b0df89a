import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { equalText } from '../lib/bytes.ts'
import { assertToken, textReply } from '../lib/challenge-reply.ts'
import { keyring, secretDigest } from '../lib/secrets.ts'
import type { Challenge, SecretSource } from '../types.ts'

export interface HubOptions {
  /** The token that was entered at the provider beside the URL. */
  readonly verifyToken: SecretSource | undefined
}

/**
 * The GET with `hub.mode=subscribe` by which Meta checks a URL: the challenge is given back if
 * `hub.verify_token` is the configured one, else the answer is 403.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started/
 * @throws {TypeError} `ERR_SECRET_EMPTY` without a token
 */
export function hub({ verifyToken }: HubOptions): Challenge {
  const tokens = keyring(verifyToken, (token) => ({ digest: () => secretDigest(token) }))

  async function isKnown(given: string, delivery: Delivery): Promise<boolean> {
    const digest = await secretDigest(given)
    for (const token of await tokens.find(delivery)) {
      if (equalText(digest, await token.digest())) return true
    }
    return false
  }

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
        return textReply(assertToken(query.get('hub.challenge')))
      }
      throw new WebhookError(
        'ERR_CHALLENGE_REFUSED',
        'hub.verify_token is another one than verifyToken',
      )
    },
  }
}
