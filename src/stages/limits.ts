import { bodyTooLarge, type Delivery } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'
import { WebhookError } from '../errors.ts'

/**
 * Refuses what the head alone shows to be unfit, before a byte of the body is read.
 *
 * @throws {WebhookError} `ERR_METHOD_NOT_ALLOWED`, `ERR_HEADER_REPEATED`, `ERR_CONTENT_ENCODING`
 */
export function checkHead(delivery: Delivery, endpoint: Endpoint): void {
  const { headers, method } = delivery
  if (!endpoint.methods.includes(method)) {
    throw new WebhookError(
      'ERR_METHOD_NOT_ALLOWED',
      `The method is ${method}, not ${endpoint.methods.join(' or ')}`,
    )
  }
  // Two readings of one field are how a check and its use come apart (a proxy takes the first, we the last).
  for (const name of endpoint.singleHeaders) {
    if (headers.repeated?.(name)) {
      throw new WebhookError('ERR_HEADER_REPEATED', `The header ${name} came more than once`)
    }
  }
  // Signatures cover the bytes on the wire, and an inflated body has no limit of its own.
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new WebhookError(
      'ERR_CONTENT_ENCODING',
      'The body has a Content-Encoding, which no sender needs',
    )
  }
}

/**
 * Holds a body against the limit that its host was given.
 *
 * @throws {WebhookError} `ERR_BODY_TOO_LARGE`
 */
export function checkLength(body: Uint8Array, maxBytes: number): Uint8Array {
  if (body.length <= maxBytes) return body
  throw bodyTooLarge(maxBytes)
}
