import { encode } from '../lib/bytes.ts'
import type { KeyStore } from './keys.ts'

/** What is left of a check that was cut off is forgotten soon. */
const TIMES = { leaseMs: 1000, keepMs: 1000 }

/** Takes a key that no record has, and forgets it. Rejects with what the store says if it can't be used. */
export async function checkKeys(keys: KeyStore): Promise<void> {
  const key = encode(crypto.getRandomValues(new Uint8Array(32)), 'base64url')
  await keys.claim(key, TIMES)
  await keys.forget(key)
}
