import { WebhookError } from '../errors.ts'
import { decodeUtf8 } from './bytes.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** `type/subtype` of a content type, lower case, without its parameters. */
export function mediaType(contentType: string | null): string {
  if (contentType === 'application/json') return contentType // the common case, without the work
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/**
 * Parses a body by its content type: JSON, form fields, text. What reads as a JSON object or list is JSON
 * under any type: several senders (Amazon SNS) label it otherwise, and as no signature covers the type,
 * anyone could have a signed body read as something else. Other types stay bytes.
 *
 * @throws {WebhookError} `ERR_BODY_MALFORMED`
 */
export function parsePayload(body: Uint8Array, contentType: string | null): unknown {
  const type = mediaType(contentType)
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(toText(body))
  const mislabelled = opensJson(body) ? tryJson(body) : undefined
  if (mislabelled !== undefined) return mislabelled
  if (type === FORM) return fieldsToObject(new URLSearchParams(toText(body)))
  if (type === '' || type.startsWith('text/') || type.endsWith('xml')) {
    const text = toText(body)
    return /^\s*[[{]/.test(text) ? parseJson(text) : text
  }
  return body
}

const opensJson = (body: Uint8Array) =>
  /^\s*[[{]/.test(new TextDecoder().decode(body.subarray(0, 64)))

/** `undefined` for bytes that only begin like JSON, as ciphertext may. */
function tryJson(body: Uint8Array): unknown {
  try {
    return parseJson(toText(body))
  } catch {
    return undefined
  }
}

/** Parses multipart with the platform's own parser; files come as `File`. */
export async function parseMultipart(body: Uint8Array, contentType: string): Promise<unknown> {
  try {
    const headers = { 'content-type': contentType }
    return fieldsToObject(await new Response(body as BodyInit, { headers }).formData())
  } catch (cause) {
    throw new WebhookError('ERR_BODY_MALFORMED', 'The multipart body does not parse', { cause })
  }
}

/** Webhook payloads are objects or lists; a bare scalar is no event of any sender. */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Without a cause: the engine's message quotes the body.
    throw new WebhookError(
      'ERR_BODY_MALFORMED',
      `The JSON body of ${text.length} characters does not parse`,
    )
  }
  if (typeof value === 'object' && value !== null) return value
  throw new WebhookError('ERR_BODY_MALFORMED', 'The JSON body is no object or list')
}

/** No prototype: a field may be called `__proto__`. A repeated field becomes a list. */
function fieldsToObject<Value>(fields: Iterable<[string, Value]>): Record<string, Value | Value[]> {
  const object: Record<string, Value | Value[]> = Object.create(null)
  for (const [name, value] of fields) {
    const before = object[name]
    if (before === undefined) object[name] = value
    else if (Array.isArray(before)) before.push(value)
    else object[name] = [before, value]
  }
  return object
}

function toText(body: Uint8Array): string {
  try {
    return decodeUtf8(body)
  } catch {
    throw new WebhookError('ERR_BODY_MALFORMED', 'The body is not UTF-8')
  }
}
