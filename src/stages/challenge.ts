import type { Delivery } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'
import { WebhookError } from '../errors.ts'
import type { Awaitable, Challenge, ReplyParts, Verified, VerifiedDelivery } from '../types.ts'

/** What is read of a body at most before anything about it is proven. */
const MAX_UNSIGNED_BODY_BYTES = 16 * 1024

/**
 * Answers the challenges that are asked without a signature. A body is looked at only if the request
 * carries no signature at all, for then it is either such a question or to be refused; or if that could
 * be in the body itself.
 *
 * @throws {WebhookError} `ERR_CHALLENGE_REFUSED`, and `ERR_REQUEST_MALFORMED` if the method is for
 * challenges alone and this is none
 */
export function answerUnsigned(
  delivery: Delivery,
  endpoint: Endpoint,
): Awaitable<ReplyParts | undefined> {
  const isEvent = delivery.method === 'POST'
  return isEvent && endpoint.unsignedChallenges.length === 0
    ? undefined
    : findUnsignedAnswer(delivery, endpoint)
}

async function findUnsignedAnswer(
  delivery: Delivery,
  { unsignedChallenges, provider, maxBodyBytes }: Endpoint,
): Promise<ReplyParts | undefined> {
  for (const challenge of unsignedChallenges) {
    if (challenge.method !== delivery.method) continue
    const evidence = challenge.inBody && provider.verify.applies(delivery)
    if (evidence === true) continue
    try {
      if (challenge.inBody) {
        delivery.body = await delivery.readBody(evidence ? maxBodyBytes : MAX_UNSIGNED_BODY_BYTES)
      }
      const answer = await challenge.answer(delivery)
      if (answer) return answer
    } catch (error) {
      // What is too long for a challenge, or can't be parsed, is none: the scheme says what it lacks.
      const { code } = error as WebhookError
      if (code !== 'ERR_BODY_TOO_LARGE' && code !== 'ERR_BODY_MALFORMED') throw error
    }
  }
  if (delivery.method !== 'POST') {
    throw new WebhookError('ERR_REQUEST_MALFORMED', `A ${delivery.method} that is no challenge`)
  }
  return undefined
}

/** Answers the challenges that come signed, once the signature is proven. */
export function answerSigned(
  { delivery, verified }: VerifiedDelivery,
  { signedChallenges }: Endpoint,
): Awaitable<ReplyParts | undefined> {
  return signedChallenges.length === 0
    ? undefined
    : firstAnswer(signedChallenges, delivery, verified)
}

async function firstAnswer(
  challenges: readonly Challenge[],
  delivery: Delivery,
  verified: Verified,
): Promise<ReplyParts | undefined> {
  for (const challenge of challenges) {
    const answer = await challenge.answer(delivery, verified)
    if (answer) return answer
  }
  return undefined
}
