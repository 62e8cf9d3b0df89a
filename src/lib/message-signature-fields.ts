/** The header fields of HTTP Message Signatures (RFC 9421, section 4), and the signatures they hold. */
import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import type { HttpMessageSignaturesOptions } from './message-signature-options.ts'
import { MAX_SIGNATURES } from './signature-list.ts'
import { parseDictionary, type InnerList } from './structured-fields.ts'

export const INPUT_FIELD = 'signature-input'
export const SIGNATURE_FIELD = 'signature'
export const DIGEST_FIELD = 'content-digest'

/** Each is read before anything is proven. */
const MAX_COMPONENTS = 100

/** One of the signatures of a message, as it says of itself. */
export interface MessageSignature {
  readonly covered: InnerList
  /** The components it covers. */
  readonly names: readonly unknown[]
  readonly bytes: Uint8Array
  readonly keyId: string | undefined
}

export const malformed = (fault: string): WebhookError =>
  new WebhookError('ERR_SIGNATURE_MALFORMED', `The signature ${fault}`)

/** @throws {WebhookError} `ERR_SIGNATURE_MISSING`, `ERR_SIGNATURE_MALFORMED` */
export function readMessageSignatures(
  { headers }: Delivery,
  { label, tag }: HttpMessageSignaturesOptions,
): readonly MessageSignature[] {
  const [input, signature] = [headers.get(INPUT_FIELD), headers.get(SIGNATURE_FIELD)]
  if (!input || !signature) {
    throw new WebhookError('ERR_SIGNATURE_MISSING', 'No headers Signature-Input and Signature')
  }
  const [inputs, signatures] = [parseDictionary(input), parseDictionary(signature)]
  if (!inputs || !signatures) throw malformed('does not parse as a structured field')
  const found: MessageSignature[] = []
  for (const [name, covered] of inputs) {
    const given = signatures.get(name)
    if (!('items' in covered) || !given || !('value' in given)) continue
    if (label !== undefined && label !== name) continue
    if (tag !== undefined && tag !== covered.parameters.get('tag')) continue
    if (covered.items.length > MAX_COMPONENTS) throw malformed('covers too many components')
    if (given.value instanceof Uint8Array) found.push(toSignature(covered, given.value))
  }
  if (found.length > 0 && found.length <= MAX_SIGNATURES) return found
  throw malformed('has no input, another label or another tag')
}

function toSignature(covered: InnerList, bytes: Uint8Array): MessageSignature {
  const keyId = covered.parameters.get('keyid')
  return {
    covered,
    names: covered.items.map(({ value }) => value),
    bytes,
    keyId: typeof keyId === 'string' ? keyId : undefined,
  }
}
