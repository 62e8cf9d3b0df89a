import type { InboxRecord } from '../../inbox/engine.ts'
import { decodeBase64url } from '../../lib/base64url.ts'
import { encode } from '../../lib/bytes.ts'
import type { PgBossJob } from './pg-boss-types.ts'

/**
 * A record as `jsonb` keeps it: no parsed JSON, which it would reorder and round, and texts as JSON texts, for it
 * refuses U+0000 and halves of surrogate pairs (https://www.postgresql.org/docs/current/datatype-json.html).
 */
interface JobData {
  readonly key: string
  readonly endpoint: string
  readonly receivedAt: number
  readonly head: string
  /** Base64. */
  readonly body: string
  readonly order?: string
}

/** A UUID of the key's first bytes, with the bits of version 8 (RFC 9562, section 5.8). */
export function jobId(key: string): string | undefined {
  const bytes = decodeBase64url(key)?.slice(0, 16)
  if (bytes?.length !== 16) return undefined
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return encode(bytes, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** @param ordered whether jobs of the same order wait for each other */
export function toJob(record: InboxRecord, ordered: boolean): PgBossJob {
  const { key, endpoint, receivedAt, head, body, order } = record
  const id = jobId(key)
  if (id === undefined) throw new Error('The key of a record is 43 characters of base64url')
  const data: JobData = {
    key,
    endpoint: JSON.stringify(endpoint),
    receivedAt,
    head: JSON.stringify(head),
    body: toBase64(body),
    ...(order !== undefined && { order: JSON.stringify(order) }),
  }
  return { id, data, ...(ordered && { singletonKey: data.order ?? id }) }
}

/** `undefined` for what the inbox did not put there. */
export function toRecord(json: unknown): InboxRecord | undefined {
  try {
    // Adapters for other clients may leave it as it came.
    const data = (typeof json === 'string' ? JSON.parse(json) : json) as JobData
    const { key, endpoint, receivedAt, head, body, order } = data
    return {
      key,
      endpoint: JSON.parse(endpoint) as string,
      receivedAt,
      head: JSON.parse(head) as string,
      body: Uint8Array.from(atob(body), (char) => char.charCodeAt(0)),
      ...(order !== undefined && { order: JSON.parse(order) as string }),
    }
  } catch {
    return undefined
  }
}

/** As many arguments as every engine takes. */
const CHUNK = 8192

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(binary)
}
