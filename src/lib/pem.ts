import { decode } from './bytes.ts'

/** More are of no chain, and each costs a signature check. */
const MAX_BLOCKS = 10

/**
 * The content of each block with this label (RFC 7468). Text around the blocks is skipped.
 *
 * @throws {Error} if there are none, too many, or one is not base64
 */
export function readPem(text: string, label: string): readonly Uint8Array[] {
  const parts = text.split(`-----BEGIN ${label}-----`).slice(1)
  if (parts.length === 0 || parts.length > MAX_BLOCKS) {
    throw new Error(`there are ${parts.length} blocks of ${label}, of 1 to ${MAX_BLOCKS}`)
  }
  return parts.map((part) => {
    const end = part.indexOf(`-----END ${label}-----`)
    const bytes = end < 0 ? undefined : decode(part.slice(0, end).replace(/\s+/g, ''), 'base64')
    if (!bytes?.length) throw new Error(`a block of ${label} is malformed`)
    return bytes
  })
}
