import type { Delivery } from '../delivery.ts'
import { DeliveredEvent } from '../event.ts'
import { FORM, mediaType, parseJson, parseMultipart } from '../lib/payload.ts'
import { readMember } from '../lib/member.ts'
import type { Provider } from '../types.ts'
import type { VerifiedDelivery } from './verify.ts'

/**
 * The events of a delivery: one, or one for each item of a batch. The body is parsed when a payload is
 * first read, except where finding the events takes it.
 */
export async function parse(
  { delivery, verified }: VerifiedDelivery,
  provider: Provider,
): Promise<readonly DeliveredEvent[]> {
  const contentType = delivery.headers.get('content-type')
  if (contentType !== null && mediaType(contentType) === 'multipart/form-data') {
    delivery.setPayload(await parseMultipart(delivery.body, contentType))
  }
  const { formField, items } = provider.event ?? {}
  const readPayload = () =>
    formField === undefined ? delivery.payload : unwrap(delivery, formField)
  const isBatchItem = items !== undefined
  const toEvent = (read: () => unknown) =>
    new DeliveredEvent(provider, delivery, {
      secret: verified.secret,
      isBatchItem,
      readPayload: read,
    })

  return items ? items(readPayload()).map((item) => toEvent(() => item)) : [toEvent(readPayload)]
}

/** The JSON in a field of a form; the form itself if it has no such field. */
function unwrap(delivery: Delivery, field: string): unknown {
  const { payload } = delivery
  if (mediaType(delivery.headers.get('content-type')) !== FORM) return payload
  const wrapped = readMember(payload, [field])
  return typeof wrapped === 'string' ? parseJson(wrapped) : payload
}
