import { configurationError } from '../errors.ts'
import { basicAuth } from './basic-auth.ts'
import { sharedSecret } from './shared-secret.ts'
import type { Scheme, SecretSource } from '../types.ts'

/** How a sender that signs nothing repeats what was entered for it. */
export type EnteredCredential = {
  /** The password, the token or the value of the header: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
} & (
  | {
      /** The user name of `Authorization: Basic`, or of `https://user:password@...` as the URL. */
      readonly username: string
    }
  | {
      /** A header field whose whole value is the secret. */
      readonly header: string
    }
  | {
      /** `Authorization: Bearer`, which the secret does not repeat. */
      readonly bearer: true
    }
)

/**
 * For senders that leave it to their user how a secret is repeated: as user name and password, in a header
 * field, or as a bearer token. No more is proven than that the sender knows it.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID` without a place
 */
export function enteredCredential(credential: EnteredCredential): Scheme {
  if ('username' in credential) return basicAuth(credential)
  if ('header' in credential || 'bearer' in credential) return sharedSecret(credential)
  throw configurationError(
    'ERR_OPTION_INVALID',
    'The credential takes one of username, header and bearer',
  )
}
