import type { Delivery } from '../delivery.ts'
import type { Verified, VerifyBody } from '../types.ts'

/** A delivery that is proven to come from the sender. Only `verify` makes one. */
export interface VerifiedDelivery {
  readonly delivery: Delivery
  readonly verified: Verified
}

/** Runs the check that the scheme prepared over the bytes of the body. */
export async function verify(delivery: Delivery, check: VerifyBody): Promise<VerifiedDelivery> {
  return { delivery, verified: await check(delivery) }
}
