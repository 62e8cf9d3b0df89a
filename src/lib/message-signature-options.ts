import type { Awaitable, SecretSource, UntrustedHint } from '../types.ts'
import type { MessageAlgorithm } from './message-algorithms.ts'
import type { KeysById } from './message-keys.ts'

export interface HttpMessageSignaturesOptions {
  /**
   * The one algorithm of the keys: `hmacSha256`, `ed25519`, `ecdsaP256Sha256`, `rsaV15Sha256` or
   * `rsaPssSha512`, exported beside the scheme. A message that names another one is refused.
   */
  readonly algorithm: MessageAlgorithm
  /** The keys, whatever `keyid` a message has; or by their `keyid`, which then has to be there. */
  readonly keys: SecretSource | KeysById | undefined
  /**
   * The components that have to be covered, `@authority` or `content-type`.
   *
   * @default `@method`, and `@target-uri` or what it is made of: `@authority`, `@path` and, if there is one, `@query`
   */
  readonly required?: readonly string[]
  /** Lets a body pass that no covered `content-digest` vouches for, so that anyone could change it. @default false */
  readonly unsafeUncoveredBody?: boolean
  /** Seconds to either side of `created`; `false` accepts any age, also none. `expires` always counts. @default 300 */
  readonly toleranceSeconds?: number | false
  /** Only signatures with this `tag` count. @default any */
  readonly tag?: string
  /** Only the signature with this label counts, and signing uses it. @default any; `sig1` when signing */
  readonly label?: string
  /**
   * Takes the `nonce` of a genuine signature and tells whether it is new. It then has to be there.
   *
   * @default nonces are not looked at
   */
  readonly claimNonce?: (nonce: string, hint: UntrustedHint) => Awaitable<boolean>
  /** What signing covers. @default `@method`, `@target-uri` and, with a body, `content-digest` */
  readonly components?: readonly string[]
}
