import type { Challenge, Scheme } from '../types.ts'

/**
 * A challenge that is answered only if the request carries the credential of the deliveries too. For
 * schemes that repeat a secret; it is refused as an event without it would be.
 */
export function withCredential(challenge: Challenge, scheme: Scheme): Challenge {
  return {
    ...challenge,
    async answer(delivery, verified) {
      const reply = await challenge.answer(delivery, verified)
      if (reply === undefined) return undefined
      const check = await scheme.open(delivery)
      await check(delivery)
      return reply
    },
  }
}
