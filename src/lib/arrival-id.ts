import type { Extractable, Extractor } from '../types.ts'

/**
 * An id of our own for each event that arrives, for senders without ids whose notices say only that
 * something changed: two equal ones are two changes, and taking the second for a duplicate of the first
 * would lose it. So an attempt that is repeated is worked on again, which such notices are made for.
 */
export function arrivalId(): Extractor {
  const ids = new WeakMap<Extractable, string>()
  return (event) => {
    let id = ids.get(event)
    if (id === undefined) ids.set(event, (id = globalThis.crypto.randomUUID()))
    return id
  }
}
