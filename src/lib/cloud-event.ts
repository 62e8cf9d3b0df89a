/** Reading a CloudEvent in each of its modes: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md */
import type { Extractor } from '../types.ts'
import { readMember } from './member.ts'

/**
 * An attribute of a CloudEvent: a member of the payload in structured mode and in batches, a `ce-` header in
 * binary mode, where the payload is only the data.
 */
export function attribute(name: string): Extractor {
  return ({ payload, delivery }) =>
    isStructured(payload)
      ? textOf(readMember(payload, [name]))
      : decode(delivery.headers.get(`ce-${name}`))
}

/** Source and id together: senders keep an id unique for one source only. */
export const cloudEventId: Extractor = (event) => {
  const id = ID(event)
  const source = SOURCE(event)
  return id === undefined || source === undefined ? id : `${source} ${id}`
}

const ID = attribute('id')
const SOURCE = attribute('source')

/** The events of a batch; anything else is one event, even if its data is a list. */
export function cloudEvents(payload: unknown): readonly unknown[] {
  return Array.isArray(payload) && payload.every(isStructured) ? payload : [payload]
}

const isStructured = (payload: unknown): boolean =>
  typeof readMember(payload, ['specversion']) === 'string'

/** The attributes that are read here are all of text (section 3 of the specification). */
const textOf = (value: unknown) => (typeof value === 'string' && value) || undefined

/** Header values are percent-encoded (section 3.1.3.2); what does not decode stays as it is. */
function decode(value: string | null): string | undefined {
  if (!value) return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
