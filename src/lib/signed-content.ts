/** Which bytes a signature is of: a template compiled once, read for each delivery. */
import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import type { Awaitable } from '../types.ts'
import type { Chunk } from './crypto.ts'

/**
 * A template of `{body}`, `{timestamp}`, `{id}`, `{url}`, `{method}` and text, or a function of the delivery
 * and of the timestamp and id that its header has.
 */
export type SignedContent = string | ((delivery: Delivery, fields: Fields) => Awaitable<Readings>)

/** Every way the signed bytes may be read, each in chunks. */
export type Readings = readonly (readonly Chunk[])[]

/** The values of the header fields that the content is made of. */
export interface Fields {
  readonly timestamp?: string | undefined
  readonly id?: string | undefined
}

export type ContentOf = (delivery: Delivery, fields: Fields) => Awaitable<Readings>

type ReadChunk = (delivery: Delivery, fields: Fields) => Chunk

/** What the names in a template stand for. */
const CONTENT: Readonly<Record<string, ReadChunk>> = {
  body: (delivery) => delivery.body,
  url: (delivery) => delivery.url,
  method: (delivery) => delivery.method,
  timestamp: (_, fields) => fields.timestamp!,
  id: (_, fields) => fields.id!,
}

/**
 * @param covered what a template has to name, and what it must not: nobody can tell a time that is not signed from
 * one that was written anew. A function answers for that itself.
 * @throws {TypeError} `ERR_OPTION_INVALID` for a template that does not, or names what nothing stands for
 */
export function compileContent(
  content: SignedContent,
  covered: Readonly<Record<string, boolean>>,
): ContentOf {
  if (typeof content === 'function') return content
  // Odd places hold names, even ones the text between them.
  const parts = content.split(/\{(\w+)\}/)
  const names = parts.filter((_, index) => index % 2)
  const wrong = [...Object.keys(CONTENT), ...names].find(
    (name) => !Object.hasOwn(CONTENT, name) || covered[name] === !names.includes(name),
  )
  if (wrong !== undefined) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `The content template ${content} and the options differ in {${wrong}}`,
    )
  }
  const readers = parts
    .map((part, index): ReadChunk | '' => (index % 2 ? CONTENT[part]! : part && (() => part)))
    .filter((reader) => reader !== '')
  const idAt = names.indexOf('id')
  const afterId = idAt < 0 ? undefined : parts[2 * idAt + 2]

  return (delivery, fields) => {
    if (fields.id !== undefined) assertUnambiguous(fields.id, afterId)
    return [readers.map((read) => read(delivery, fields))]
  }
}

/** An id that holds the text which ends it would let one signature be read as two messages. */
function assertUnambiguous(id: string, end: string | undefined): void {
  if (/^[\x21-\x7e]+$/.test(id) && !(end && id.includes(end))) return
  throw new WebhookError('ERR_SIGNATURE_MALFORMED', 'The id makes the signed content ambiguous')
}
