import type { Delivery } from '../delivery.ts'
import { after } from '../lib/awaitable.ts'
import type { Awaitable, Verified, VerifyBody } from '../types.ts'

/** A delivery that is proven to come from the sender. Only `verify` makes one. */
export interface VerifiedDelivery {
  readonly delivery: Delivery
  readonly verified: Verified
}

/** Runs the check that the scheme prepared over the bytes of the body. */
export function verify(delivery: Delivery, check: VerifyBody): Awaitable<VerifiedDelivery> {
  return after(check(delivery), (verified) => ({ delivery, verified }))
}
