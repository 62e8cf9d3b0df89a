import { configurationError } from '../errors.ts'
import { asymmetricScheme } from '../lib/asymmetric.ts'
import type { TextEncoding } from '../lib/bytes.ts'
import { asSecrets, privateKey, publicKey, type PublicKeyValue } from '../lib/public-key.ts'
import { rsa as method, type RsaAlgorithm } from '../lib/rsa.ts'
import { keyring } from '../lib/secrets.ts'
import type { SignatureOptions } from '../lib/signature.ts'
import type { Scheme, SecretSource } from '../types.ts'

export interface RsaOptions extends SignatureOptions {
  /**
   * Of at least 2048 bits, as PEM (`BEGIN PUBLIC KEY`), JWK, or DER in base64 or bytes. One, several while
   * rotating, or a function of the request.
   */
  readonly publicKey: SecretSource<PublicKeyValue> | undefined
  /**
   * The hash under PKCS #1 v1.5, or PSS with a salt as long as its hash. SHA-1 can be forged by whoever
   * gets to choose what is signed: only for senders that have nothing better.
   *
   * @default sha256
   */
  readonly algorithm?: RsaAlgorithmName
  /** @default base64 */
  readonly encoding?: TextEncoding
}

export type RsaAlgorithmName =
  | 'sha1'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'pss-sha256'
  | 'pss-sha384'
  | 'pss-sha512'

const ALGORITHMS: Readonly<Record<RsaAlgorithmName, RsaAlgorithm>> = {
  sha1: { hash: 'sha1', padding: 'pkcs1' },
  sha256: { hash: 'sha256', padding: 'pkcs1' },
  sha384: { hash: 'sha384', padding: 'pkcs1' },
  sha512: { hash: 'sha512', padding: 'pkcs1' },
  'pss-sha256': { hash: 'sha256', padding: 'pss' },
  'pss-sha384': { hash: 'sha384', padding: 'pss' },
  'pss-sha512': { hash: 'sha512', padding: 'pss' },
}

/**
 * RSA signatures (RFC 8017) over the exact bytes.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * rsa({ publicKey, header: 'x-signature' })
 */
export function rsa(options: RsaOptions): Scheme {
  const { encoding = 'base64' } = options
  const name = options.algorithm ?? 'sha256'
  if (!Object.hasOwn(ALGORITHMS, name)) {
    const known = Object.keys(ALGORITHMS).join(', ')
    throw configurationError('ERR_OPTION_INVALID', `The algorithm of rsa() is one of ${known}`)
  }
  const algorithm = ALGORITHMS[name]
  return asymmetricScheme(options, {
    name: `rsa-${name}`,
    encoding,
    keys: keyring(asSecrets(options.publicKey), (value) =>
      method.verifier(publicKey(value, ['rsa']).jwk, algorithm),
    ),
    // As long as the modulus, which is different for each key.
    read: (signature) => (signature.length >= MIN_BYTES ? signature : undefined),
    signer: (key) => method.signer(privateKey(key, 'rsa'), algorithm),
  })
}

const MIN_BYTES = 256
