import { messageOf } from '../errors.ts'
import { encode } from '../lib/bytes.ts'
import type { KeyStore } from './keys.ts'

/** What is left of a check that was cut off is forgotten soon. */
const TIMES = { leaseMs: 1000, keepMs: 1000 }

/**
 * Takes a key that no record has, and forgets it.
 *
 * @throws {Error} if the store can't be used: else that would be found at the work on what is acknowledged by then
 */
export async function checkKeys(keys: KeyStore): Promise<void> {
  try {
    const key = encode(crypto.getRandomValues(new Uint8Array(32)), 'base64url')
    await keys.claim(key, TIMES)
    await keys.forget(key)
  } catch (cause) {
    throw new Error(`The store of keys can't be used: ${messageOf(cause)}`, { cause })
  }
}
