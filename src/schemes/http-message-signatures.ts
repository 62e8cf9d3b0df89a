import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { checkBody, checkHead, claimNonce } from '../lib/message-checks.ts'
import { signatureBase } from '../lib/message-components.ts'
import { messageKeys } from '../lib/message-keys.ts'
import {
  DIGEST_FIELD,
  INPUT_FIELD,
  malformed,
  readMessageSignatures,
  SIGNATURE_FIELD,
  type MessageSignature,
} from '../lib/message-signature-fields.ts'
import type { HttpMessageSignaturesOptions } from '../lib/message-signature-options.ts'
import { signMessage } from '../lib/message-signing.ts'
import { positive } from '../lib/options.ts'
import type { Scheme, Verified, VerifyBody } from '../types.ts'

export {
  ecdsaP256Sha256,
  ed25519,
  hmacSha256,
  rsaPssSha512,
  rsaV15Sha256,
  type MessageAlgorithm,
} from '../lib/message-algorithms.ts'
export type { KeysById } from '../lib/message-keys.ts'
export type { HttpMessageSignaturesOptions } from '../lib/message-signature-options.ts'

/**
 * HTTP Message Signatures (RFC 9421) over parts of the request, with the body covered by `Content-Digest`
 * (RFC 9530, SHA-256 and SHA-512). Of several signatures one that passes is enough.
 *
 * Set `publicUrl` of `createWebhookHandler` to the URL that the sender calls. Without it the host is what the
 * request says, so with a public key what the sender has signed for anybody passes here too.
 *
 * Fields are taken as they are: components with the parameters `sf`, `key`, `bs`, `tr` or `req` are refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * httpMessageSignatures({ algorithm: ed25519, keys: { byId: { 'key-1': publicKey } } })
 */
export function httpMessageSignatures(options: HttpMessageSignaturesOptions): Scheme {
  const { algorithm, toleranceSeconds } = options
  if (toleranceSeconds !== false) positive('toleranceSeconds', toleranceSeconds, 0)
  const keys = messageKeys(algorithm, options.keys)

  function open(head: Delivery): VerifyBody {
    const failures: unknown[] = []
    const passing = readMessageSignatures(head, options).filter((signature) => {
      try {
        checkHead(signature, head, options)
        return true
      } catch (error) {
        failures.push(error)
        return false
      }
    })
    if (passing.length === 0) throw failures[0]
    return (delivery) => verifyBody(delivery, passing)
  }

  async function verifyBody(
    delivery: Delivery,
    signatures: readonly MessageSignature[],
  ): Promise<Verified> {
    let failure: unknown
    for (const signature of signatures) {
      try {
        return await verifyOne(delivery, signature)
      } catch (error) {
        // What can't be decided now comes before any refusal.
        if (!(failure instanceof WebhookError && failure.kind === 'unavailable')) failure = error
      }
    }
    throw failure
  }

  async function verifyOne(delivery: Delivery, signature: MessageSignature): Promise<Verified> {
    await checkBody(delivery, signature, options)
    const secret = await matchingKey(delivery, signature)
    await claimNonce(delivery, signature, options)
    return { secret }
  }

  async function matchingKey(delivery: Delivery, signature: MessageSignature): Promise<number> {
    const base = signatureBase(delivery, signature.covered)
    if (base === undefined) throw malformed('covers a component that the request has not')
    for (const [place, verify] of await keys.find(delivery, signature.keyId)) {
      if (await verify(base, signature.bytes)) return place
    }
    throw new WebhookError(
      'ERR_SIGNATURE_MISMATCH',
      'The signature is not of this request with this key; does the host see the URL the sender calls (publicUrl)?',
    )
  }

  return {
    name: `http-message-signatures(${algorithm.name})`,
    headers: [SIGNATURE_FIELD, INPUT_FIELD, DIGEST_FIELD],
    applies: ({ headers }) => Boolean(headers.get(SIGNATURE_FIELD) && headers.get(INPUT_FIELD)),
    open,
    sign: async (message, signOptions) =>
      signMessage(message, keys.current(), { ...options, ...signOptions }),
  }
}
