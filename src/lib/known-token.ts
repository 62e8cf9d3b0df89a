import type { Delivery } from '../delivery.ts'
import type { SecretSource } from '../types.ts'
import { equalText } from './bytes.ts'
import { keyring, secretDigest } from './secrets.ts'

/**
 * Tells whether a text is one of the tokens that were agreed with the sender, without showing in time how
 * much of it is right.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY` without a token
 */
export function knownToken(
  tokens: SecretSource | undefined,
): (given: string, delivery: Delivery) => Promise<boolean> {
  const known = keyring(tokens, (token) => ({ digest: () => secretDigest(token) }))
  return async (given, delivery) => {
    if (given === '') return false
    const digest = await secretDigest(given)
    for (const token of await known.find(delivery)) {
      if (equalText(digest, await token.digest())) return true
    }
    return false
  }
}
