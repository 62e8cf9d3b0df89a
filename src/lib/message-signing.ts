/** Signs a message (RFC 9421, section 3.1). */
import { outgoingDelivery } from '../delivery.ts'
import { configurationError } from '../errors.ts'
import type { OutgoingMessage, SignOptions } from '../types.ts'
import { contentDigest } from './content-digest.ts'
import { signatureBase } from './message-components.ts'
import type { SigningKey } from './message-keys.ts'
import { DIGEST_FIELD, INPUT_FIELD, SIGNATURE_FIELD } from './message-signature-fields.ts'
import type { HttpMessageSignaturesOptions } from './message-signature-options.ts'
import {
  serializeBareItem,
  serializeInnerList,
  type BareItem,
  type InnerList,
} from './structured-fields.ts'

/** @throws {TypeError} `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID` for a component that is not there */
export async function signMessage(
  message: OutgoingMessage,
  { id, key }: SigningKey,
  options: HttpMessageSignaturesOptions & SignOptions,
): Promise<OutgoingMessage> {
  const { algorithm, label = 'sig1', now, tag, privateKey } = options
  const digested = await withDigest(message)
  const covered: InnerList = {
    items: componentsOf(digested, options).map((value) => ({ value, parameters: new Map() })),
    parameters: parametersOf({ id, now, tag }),
  }
  const base = signatureBase(outgoingDelivery(digested), covered)
  if (base === undefined)
    throw configurationError('ERR_OPTION_INVALID', 'A component to sign is not in the message')
  const signer = algorithm.signer(algorithm.symmetric ? key : privateKey)
  const headers = {
    ...digested.headers,
    [INPUT_FIELD]: `${label}=${serializeInnerList(covered)}`,
    [SIGNATURE_FIELD]: `${label}=${serializeBareItem(await signer(base))}`,
  }
  return { ...digested, headers }
}

async function withDigest(message: OutgoingMessage): Promise<OutgoingMessage> {
  if (message.body.length === 0 || message.headers[DIGEST_FIELD]) return message
  return {
    ...message,
    headers: { ...message.headers, [DIGEST_FIELD]: await contentDigest(message.body) },
  }
}

function componentsOf(
  { body }: OutgoingMessage,
  { components }: HttpMessageSignaturesOptions,
): readonly string[] {
  return components ?? ['@method', '@target-uri', ...(body.length > 0 ? [DIGEST_FIELD] : [])]
}

function parametersOf(given: {
  readonly id: string | undefined
  readonly now: number
  readonly tag: string | undefined
}): InnerList['parameters'] {
  const parameters = new Map<string, BareItem>([['created', Math.floor(given.now / 1000)]])
  if (given.id !== undefined) parameters.set('keyid', given.id)
  if (given.tag !== undefined) parameters.set('tag', given.tag)
  return parameters
}
