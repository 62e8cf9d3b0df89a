import { configurationError } from '../errors.ts'
import { isPromise } from '../lib/awaitable.ts'
import { encodedLength, includesText, type TextEncoding } from '../lib/bytes.ts'
import { crypto, type HashAlgorithm } from '../lib/crypto.ts'
import { keyring, secretBytes, type SecretForm } from '../lib/secrets.ts'
import { signatureScheme, type SignatureOptions } from '../lib/signature.ts'
import type { Scheme, SecretSource } from '../types.ts'

export interface HmacOptions extends SignatureOptions {
  /** One, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** @default sha256 */
  readonly algorithm?: HashAlgorithm
  /** How the digest is written; lower case for hex. @default hex */
  readonly encoding?: TextEncoding
  /** How the secret is written. @default UTF-8 text without a prefix */
  readonly secretForm?: SecretForm
}

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

/**
 * A keyed hash over the exact bytes (RFC 2104), the scheme of most senders.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * hmac({ secret, header: 'x-signature', prefix: 'sha256=' })
 * hmac({ secret, header: 'x-signature', content: '{timestamp}.{body}', timestamp: { header: 'x-timestamp' } })
 */
export function hmac(options: HmacOptions): Scheme {
  const { secret, algorithm = 'sha256', encoding = 'hex', secretForm } = options
  const textLength = encodedLength(DIGEST_BYTES[algorithm], encoding)
  if (!textLength) {
    throw configurationError('ERR_OPTION_INVALID', `hmac() knows no ${algorithm} in ${encoding}`)
  }
  const keys = keyring(secret, (value) => crypto.hmac(algorithm, secretBytes(value, secretForm)))

  return signatureScheme(options, {
    name: `hmac-${algorithm}`,
    keys,
    wellFormed: (signature) => signature.length === textLength,
    // The expected text is made and compared: only the one canonical spelling of a digest passes.
    matches(digestOf, chunks, signatures) {
      const digest = digestOf(chunks, encoding)
      return isPromise(digest)
        ? digest.then((expected) => includesText(signatures, expected))
        : includesText(signatures, digest)
    },
    sign: (chunks) => keys.current()(chunks, encoding),
  })
}
