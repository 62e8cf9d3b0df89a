import { WebhookError } from '../../errors.ts'
import type { InboxRecord } from '../../inbox/engine.ts'
import { concat, decodeUtf8, encodeUtf8 } from '../../lib/bytes.ts'

/** What is set aside for all that is not the body: as much as the header fields of a request take. */
export const PACKED_HEAD_BYTES: number = 16 * 1024

/** A record for queues that hold bytes: in four bytes the length of all but the body, that as JSON, the body. */
export function packRecord({ body, ...rest }: InboxRecord): Uint8Array {
  const head = encodeUtf8(JSON.stringify(rest))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, head.length)
  return concat([length, head, body])
}

/** @throws {WebhookError} `ERR_BODY_MALFORMED` for what `packRecord` did not make */
export function unpackRecord(bytes: Uint8Array): InboxRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length < 4 ? Infinity : 4 + view.getUint32(0)
  const head = end <= bytes.length ? parse(bytes.subarray(4, end)) : undefined
  if (head) return { ...head, body: bytes.slice(end) }
  throw new WebhookError(
    'ERR_BODY_MALFORMED',
    'What was pushed holds no record of an inbox; does something else put into the queue?',
  )
}

function parse(bytes: Uint8Array): Omit<InboxRecord, 'body'> | undefined {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes))
    return isHead(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isHead(value: unknown): value is Omit<InboxRecord, 'body'> {
  const { key, endpoint, head, receivedAt, order } = (value ?? {}) as Partial<InboxRecord>
  return (
    [key, endpoint, head].every((text) => typeof text === 'string') &&
    typeof receivedAt === 'number' &&
    (order === undefined || typeof order === 'string')
  )
}
