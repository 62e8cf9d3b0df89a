/** Several values in one header field: signatures while a secret is rotated, and their timestamp. */

/** Parts with a separator between them, or `key=value` pairs of which two keys are named. */
export type SignatureList =
  | { readonly separator: string }
  | { readonly separator: string; readonly signature: string; readonly timestamp: string }

/** A list is for rotation; more than this only costs time. */
export const MAX_SIGNATURES = 10

/** What a signature field holds, the prefixes taken off. */
export interface Signatures {
  readonly signatures: readonly string[]
  readonly timestamp?: string | undefined
}

export function readList(value: string, list: SignatureList, prefix: string): Signatures {
  // A field that came twice is joined so, and which of the two counts would be a guess.
  if (value.includes(', ') && list.separator !== ', ') return { signatures: [] }
  const parts = value.split(list.separator, 2 * MAX_SIGNATURES)
  if (!('signature' in list)) return { signatures: unprefixed(parts, prefix) }
  const timestamps = unprefixed(parts, `${list.timestamp}=`)
  // Two timestamps are two readings: the signature of one could be checked with the age of the other.
  if (timestamps.length > 1) return { signatures: [] }
  return {
    signatures: unprefixed(parts, `${list.signature}=${prefix}`),
    timestamp: timestamps[0],
  }
}

/** What follows the prefix, of the parts that have it. */
function unprefixed(parts: readonly string[], prefix: string): readonly string[] {
  return parts.flatMap((part) => (part.startsWith(prefix) ? [part.slice(prefix.length)] : []))
}
