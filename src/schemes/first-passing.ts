import type { Delivery } from '../delivery.ts'
import { configurationError, isWebhookError, WebhookError, type ErrorCode } from '../errors.ts'
import type { OutgoingMessage, Scheme, SignOptions, Verified, VerifyBody } from '../types.ts'

export interface FirstPassingOptions {
  /** Equally strong ones: what passes any of them counts. */
  readonly schemes: readonly Scheme[]
  /**
   * Which key `event.secret` tells: with `shared` its place in the list that all schemes have; with `own`,
   * where each scheme has one key, the place of the scheme. When signing, `own` writes every signature, as a
   * sender with several keys does, and `shared` the first.
   */
  readonly keys: 'own' | 'shared'
}

/**
 * Several signatures beside each other, of which one that passes is enough: senders that sign with the old
 * and the new key while a key is rotated, each in a header field of its own. For schemes of different
 * strength, where a wrong one must not be made good by another, use `anyOf`.
 *
 * The refusal is that of the scheme that came closest. If one could not be decided and none passes, the
 * sender is asked to try again.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` for fewer than one scheme
 * @example
 * firstPassing({
 *   keys: 'own',
 *   schemes: [
 *     hmac({ secret: primary, header: 'x-signature-primary' }),
 *     hmac({ secret: secondary, header: 'x-signature-secondary' }),
 *   ],
 * })
 */
export function firstPassing({ schemes, keys }: FirstPassingOptions): Scheme {
  if (schemes.length === 0)
    throw configurationError('ERR_OPTION_INVALID', 'firstPassing() takes at least one scheme')
  const names = [...new Set(schemes.map(({ name }) => name))]
  const signing = keys === 'own' ? schemes : schemes.slice(0, 1)

  return {
    name: `first-passing(${names.join(', ')})`,
    headers: [...new Set(schemes.flatMap(({ headers }) => headers))],
    applies(head) {
      const found = schemes.map((scheme) => scheme.applies(head))
      return found.includes(true) || (found.includes('in-body') && 'in-body')
    },
    async open(head) {
      const candidates = await openEach(schemes, head)
      if (candidates.every(({ check }) => check === undefined)) throw closest(candidates)
      return async (delivery) => {
        const { verified, secret } = await findPassing(candidates, delivery)
        return keys === 'own' ? { secret } : verified
      }
    },
    ...(signing.every(({ sign }) => sign) && { sign: (...given) => signEach(signing, ...given) }),
  }
}

/** A scheme whose head has been looked at: what is left to check, or why it has failed. */
interface Candidate {
  readonly place: number
  readonly check?: VerifyBody
  readonly error?: unknown
}

async function openEach(schemes: readonly Scheme[], head: Delivery): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = []
  for (const [place, scheme] of schemes.entries()) {
    if (scheme.applies(head) === false) continue
    try {
      candidates.push({ place, check: await scheme.open(head) })
    } catch (error) {
      candidates.push({ place, error })
    }
  }
  if (candidates.length > 0) return candidates
  const headers = schemes.flatMap((scheme) => scheme.headers)
  throw new WebhookError(
    'ERR_SIGNATURE_MISSING',
    `No header ${headers.slice(0, 3).join(' or ')}; is the secret set at the sender?`,
  )
}

async function findPassing(
  candidates: readonly Candidate[],
  delivery: Delivery,
): Promise<{ verified: Verified; secret: number }> {
  const failed: Candidate[] = []
  for (const candidate of candidates) {
    if (!candidate.check) failed.push(candidate)
    else {
      try {
        return { verified: await candidate.check(delivery), secret: candidate.place }
      } catch (error) {
        failed.push({ ...candidate, error })
      }
    }
  }
  throw closest(failed)
}

/** From what says least about the cause to what says most. */
const TELLING: readonly ErrorCode[] = [
  'ERR_CREDENTIAL_MISSING',
  'ERR_SIGNATURE_MISSING',
  'ERR_TENANT_UNKNOWN',
  'ERR_SIGNATURE_MALFORMED',
  'ERR_TIMESTAMP_MISSING',
  'ERR_TIMESTAMP_MALFORMED',
  'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
  'ERR_CREDENTIAL_MISMATCH',
  'ERR_SIGNATURE_MISMATCH',
]

/** What could not be decided comes before any refusal: the sender may be genuine. */
function closest(failed: readonly Candidate[]): unknown {
  const weigh = (error: unknown) =>
    isWebhookError(error) && error.kind !== 'unavailable' ? TELLING.indexOf(error.code) : Infinity
  const [first, ...others] = failed.map(({ error }) => error)
  return others.reduce((best, error) => (weigh(error) > weigh(best) ? error : best), first)
}

async function signEach(
  schemes: readonly Scheme[],
  message: OutgoingMessage,
  options: SignOptions,
): Promise<OutgoingMessage> {
  for (const { sign } of schemes) message = await sign!(message, options)
  return message
}
