import type { Delivery } from '../delivery.ts'
import { after } from '../lib/awaitable.ts'
import type { Awaitable, VerifiedDelivery, VerifyBody } from '../types.ts'

/** Runs the check that the scheme prepared over the bytes of the body. */
export function verify(delivery: Delivery, check: VerifyBody): Awaitable<VerifiedDelivery> {
  return after(check(delivery), (verified) => ({ delivery, verified }))
}
