import type { Delivery } from '../delivery.ts'
import { isPromise } from '../lib/awaitable.ts'
import type { Awaitable, VerifiedDelivery, VerifyBody } from '../types.ts'

/** Runs the check that the scheme prepared over the bytes of the body. */
export function verify(delivery: Delivery, check: VerifyBody): Awaitable<VerifiedDelivery> {
  const verified = check(delivery)
  return isPromise(verified)
    ? verified.then((proven) => ({ delivery, verified: proven }))
    : { delivery, verified }
}
