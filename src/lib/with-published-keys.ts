/** Schemes whose public keys the sender publishes at a URL. */
import { isWebhookError } from '../errors.ts'
import type { Scheme, SecretSource, SecretValue, UntrustedHint } from '../types.ts'
import type { KeyDirectory, KeyQuery } from './key-directory.ts'
import { publicKey, type KeyType } from './public-key.ts'

export interface PublishedKeysOptions {
  readonly directory: KeyDirectory<SecretValue>
  /** Which keys a request names. Anyone may have written it: the directory says which URLs are fetched. */
  readonly query: (hint: UntrustedHint) => KeyQuery
  readonly create: (publicKey: SecretSource) => Scheme
}

/** Of the published keys none is configured here, so none is told apart. */
const VERIFIED = { secret: 0 }

/**
 * A scheme with the keys of a directory. A signature that none of the known keys fits is tried once more
 * with newer ones, as senders that name no key can rotate theirs at any time.
 */
export function withPublishedKeys({ directory, query, create }: PublishedKeysOptions): Scheme {
  const known = create((hint) => directory.find(query(hint)))
  const renewed = create((hint) => directory.find({ ...query(hint), renew: true }))
  return {
    ...known,
    async open(head) {
      const check = await known.open(head)
      return async (delivery) => {
        try {
          await check(delivery)
        } catch (error) {
          if (!isMismatch(error)) throw error
          const again = await renewed.open(head)
          await again(delivery)
        }
        return VERIFIED
      }
    },
  }
}

const isMismatch = (error: unknown) =>
  isWebhookError(error) && error.code === 'ERR_SIGNATURE_MISMATCH'

/** For the readers of PEM: a document with a key of another type counts as a failed download. */
export function checkedPem(type: KeyType): (pem: string) => SecretValue {
  return (pem) => {
    const text = pem.trim()
    publicKey(text, [type])
    return text
  }
}
