import { configurationError } from '../errors.ts'
import type { Scheme } from '../types.ts'

/**
 * Takes every delivery, from anyone. A target without authentication is on the public internet like any
 * other page: whoever finds its URL can call it as often as they like, with any content. So make sure that
 *
 * - it is safe to be called by strangers: it changes nothing that matters and reveals nothing;
 * - it trusts no value of the payload, and fetches from the sender's API what it has to know;
 * - it can be called any number of times with the same result, at a cost you can bear;
 * - the sender really offers no secret, signature or token, which is what `reason` records.
 *
 * @param options.reason why there is nothing to verify; at least ten characters
 * @throws {TypeError} `ERR_OPTION_INVALID` without a reason
 * @example
 * unauthenticated({ reason: 'The weather station sends no credentials; we only refresh a cache' })
 */
export function unauthenticated({ reason }: { readonly reason: string }): Scheme {
  if (typeof reason !== 'string' || reason.trim().length < 10) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'unauthenticated() takes the reason why nothing is verified',
    )
  }
  const verified = { secret: 0 }
  return {
    name: 'unauthenticated',
    headers: [],
    applies: ({ method }) => method === 'POST',
    open: () => () => verified,
    sign: (message) => message,
  }
}
