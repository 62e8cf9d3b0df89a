/** For senders that sign for all of their users with one key: whose delivery it is, the content says. */
import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import type { Scheme } from '../types.ts'

/**
 * A scheme that also asks whether what is proven to come from the sender was meant for us. Without it, what
 * the sender has signed for anybody could be sent here.
 *
 * @param isOurs asked of what is verified
 */
export function addressedTo(scheme: Scheme, isOurs: (delivery: Delivery) => boolean): Scheme {
  return {
    ...scheme,
    async open(head) {
      const check = await scheme.open(head)
      return async (delivery) => {
        const verified = await check(delivery)
        if (isOurs(delivery)) return verified
        throw new WebhookError(
          'ERR_SIGNATURE_MISMATCH',
          'The delivery is signed by the sender, but for somebody else',
        )
      }
    },
  }
}
