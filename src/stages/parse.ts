import type { Delivery } from '../delivery.ts'
import { DeliveredEvent } from '../event.ts'
import { FORM, mediaType, parseJson, parseMultipart } from '../lib/payload.ts'
import { readMember } from '../lib/member.ts'
import type { Awaitable, Provider } from '../types.ts'
import type { VerifiedDelivery } from './verify.ts'

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

function toEvents(
  { delivery, verified: { secret } }: VerifiedDelivery,
  provider: Provider,
): readonly DeliveredEvent[] {
  const { formField, items } = provider.event ?? {}
  const readPayload = () =>
    formField === undefined ? delivery.payload : unwrap(delivery, formField)
  const toEvent = (read: () => unknown, isBatchItem: boolean) =>
    new DeliveredEvent(provider, delivery, { secret, isBatchItem, readPayload: read })

  return items
    ? items(readPayload()).map((item) => toEvent(() => item, true))
    : [toEvent(readPayload, false)]
}

/** The JSON in a field of a form; the form itself if it has no such field. */
function unwrap(delivery: Delivery, field: string): unknown {
  const { payload } = delivery
  if (mediaType(delivery.headers.get('content-type')) !== FORM) return payload
  const wrapped = readMember(payload, [field])
  return typeof wrapped === 'string' ? parseJson(wrapped) : payload
}
