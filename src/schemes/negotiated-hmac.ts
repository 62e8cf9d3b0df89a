import { configurationError, WebhookError } from '../errors.ts'
import type { HashAlgorithm } from '../lib/crypto.ts'
import type { Scheme } from '../types.ts'
import { hmac, type HmacOptions } from './hmac.ts'

export interface NegotiatedHmacOptions extends Omit<
  HmacOptions,
  'algorithm' | 'header' | 'prefix' | 'list'
> {
  readonly header: string
  /** The ones that are taken, whatever else a message names; signing uses the first. */
  readonly algorithms: readonly [HashAlgorithm, ...HashAlgorithm[]]
}

/**
 * An HMAC whose algorithm the sender names in front of the signature: `sha256=...`. The name only chooses
 * among the ones configured here; it is never given to a crypto library.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * negotiatedHmac({ secret, header: 'x-hub-signature', algorithms: ['sha256', 'sha512'] })
 */
export function negotiatedHmac({ algorithms, ...options }: NegotiatedHmacOptions): Scheme {
  if (!algorithms?.length)
    throw configurationError('ERR_OPTION_INVALID', 'negotiatedHmac() takes the allowed algorithms')
  const choices = algorithms.map((algorithm) => {
    const prefix = `${algorithm}=`
    return { prefix, scheme: hmac({ ...options, algorithm, prefix }) }
  })
  const [{ scheme: preferred }] = choices as [(typeof choices)[number]]
  const header = options.header.toLowerCase()

  return {
    ...preferred,
    name: `hmac(${algorithms.join(', ')})`,
    open(head) {
      const value = head.headers.get(header)
      // Without a signature at all, any of them says so.
      if (!value) return preferred.open(head)
      const chosen = choices.find(({ prefix }) => value.startsWith(prefix))
      if (chosen) return chosen.scheme.open(head)
      throw new WebhookError(
        'ERR_SIGNATURE_MALFORMED',
        `The signature names none of ${algorithms.join(', ')} as its algorithm`,
      )
    },
  }
}
