import type { Delivery } from '../delivery.ts'
import { configurationError, isWebhookError, WebhookError, type ErrorCode } from '../errors.ts'
import type { Scheme, Verified } from '../types.ts'

/**
 * Several schemes for a sender that can be set up in more than one way. The first whose evidence the
 * request carries decides alone: a wrong signature is never made good by a right token beside it.
 *
 * What is in the head comes before what would be in the body.
 *
 * List the strongest first. Whoever can reach the endpoint chooses the scheme, so this is as strong as
 * the weakest one.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` for fewer than one scheme
 */
export function anyOf(...schemes: readonly Scheme[]): Scheme {
  if (schemes.length === 0)
    throw configurationError('ERR_OPTION_INVALID', 'anyOf() takes at least one scheme')
  return {
    name: `any-of(${schemes.map(({ name }) => name).join(', ')})`,
    headers: schemes.flatMap(({ headers }) => headers),
    applies(head) {
      const found = schemes.map((scheme) => scheme.applies(head))
      return found.includes(true) || (found.includes('in-body') && 'in-body')
    },
    open(head) {
      const scheme = schemes.find((candidate) => candidate.applies(head) === true)
      if (scheme) return scheme.open(head)
      const inBody = schemes.filter((candidate) => candidate.applies(head) === 'in-body')
      if (inBody.length > 0) return (delivery) => firstInBody(inBody, delivery)
      throw new WebhookError(
        'ERR_SIGNATURE_MISSING',
        `The request carries nothing of ${schemes.map(({ name }) => name).join(' or ')}`,
      )
    },
    ...(schemes[0]!.sign && { sign: schemes[0]!.sign }),
  }
}

/** What a scheme says of a body without its evidence. */
const MISSING: readonly ErrorCode[] = ['ERR_CREDENTIAL_MISSING', 'ERR_SIGNATURE_MISSING']

/** The first whose evidence the body holds decides. */
async function firstInBody(schemes: readonly Scheme[], delivery: Delivery): Promise<Verified> {
  let missing: unknown
  for (const scheme of schemes) {
    try {
      const check = await scheme.open(delivery)
      return await check(delivery)
    } catch (error) {
      if (!isWebhookError(error) || !MISSING.includes(error.code)) throw error
      missing = error
    }
  }
  throw missing
}
