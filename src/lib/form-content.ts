import type { Delivery } from '../delivery.ts'
import { FORM, mediaType } from './payload.ts'
import { readMember } from './member.ts'
import type { Readings } from './signed-content.ts'

/**
 * The signed content of senders that sign their JSON before they wrap it in a field of a form: the field as
 * it was before it was encoded, or the body itself if it is no form. It is the very text that
 * `event.formField` has parsed, however odd the form; a form without it has no signed content.
 */
export function formFieldContent(field: string): (delivery: Delivery) => Readings {
  return (delivery) => {
    if (mediaType(delivery.headers.get('content-type')) !== FORM) return [[delivery.body]]
    const wrapped = readMember(delivery.payload, [field])
    return typeof wrapped === 'string' ? [[wrapped]] : []
  }
}
