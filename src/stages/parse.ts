import { DeliveredEvent } from '../event.ts'
import { mediaType, parseMultipart } from '../lib/payload.ts'
import type { Awaitable, Provider, VerifiedDelivery } from '../types.ts'

/**
 * The events of a delivery: one, or one for each item of a batch. The body is parsed when a payload is
 * first read, except where finding the events takes it.
 */
export function parse(
  verified: VerifiedDelivery,
  provider: Provider,
): Awaitable<readonly DeliveredEvent[]> {
  const { delivery } = verified
  const contentType = delivery.headers.get('content-type')
  if (mediaType(contentType) !== 'multipart/form-data') return toEvents(verified, provider)
  return parseMultipart(delivery.body, contentType!).then((payload) => {
    delivery.setPayload(payload)
    return toEvents(verified, provider)
  })
}

function toEvents(verified: VerifiedDelivery, provider: Provider): readonly DeliveredEvent[] {
  const { items, formField } = provider.event ?? {}
  if (!items) return [new DeliveredEvent(provider, verified)]
  const payloads = items(verified.delivery.unwrapped(formField))
  return payloads.map((payload) => new DeliveredEvent(provider, verified, { payload }))
}
