import { configurationError } from '../errors.ts'
import { asymmetricScheme } from '../lib/asymmetric.ts'
import type { TextEncoding } from '../lib/bytes.ts'
import { CURVES, type CurveName } from '../lib/curves.ts'
import { ecdsa as method } from '../lib/ecdsa.ts'
import { fromDer, toDer } from '../lib/ecdsa-der.ts'
import { asSecrets, privateKey, publicKey, type PublicKeyValue } from '../lib/public-key.ts'
import { keyring } from '../lib/secrets.ts'
import type { SignatureOptions } from '../lib/signature.ts'
import type { Scheme, SecretSource } from '../types.ts'

export interface EcdsaOptions extends SignatureOptions {
  /**
   * As PEM (`BEGIN PUBLIC KEY`), JWK, or DER in base64 or bytes. One, several while rotating, or a function
   * of the request.
   */
  readonly publicKey: SecretSource<PublicKeyValue> | undefined
  /** `p-256` goes with SHA-256, `p-384` with SHA-384. @default p-256 */
  readonly curve?: CurveName
  /**
   * How the two numbers of a signature are written: in DER, as OpenSSL and most languages do, or one after
   * the other at full length (IEEE P1363), as WebCrypto and JWTs do.
   *
   * @default der
   */
  readonly format?: 'der' | 'p1363'
  /** @default base64 */
  readonly encoding?: TextEncoding
}

/**
 * ECDSA (FIPS 186-4) over the exact bytes. From any signature anybody can make a second one that is valid
 * for the same bytes: never take a signature for the id of a delivery.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * ecdsa({ publicKey, header: 'x-signature', content: '{timestamp}{body}', timestamp: { header: 'x-time' } })
 */
export function ecdsa(options: EcdsaOptions): Scheme {
  const { publicKey: key, curve = 'p-256', format = 'der', encoding = 'base64' } = options
  if (!Object.hasOwn(CURVES, curve) || !(format === 'der' || format === 'p1363')) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'ecdsa() takes the curve p-256 or p-384, and the format der or p1363',
    )
  }
  const length = 2 * CURVES[curve].bytes
  return asymmetricScheme(options, {
    name: `ecdsa-${curve}`,
    encoding,
    keys: keyring(asSecrets(key), (value) => method.verifier(publicKey(value, [curve]).jwk, curve)),
    read: (signature) =>
      format === 'der'
        ? fromDer(signature, curve)
        : signature.length === length
          ? signature
          : undefined,
    signer(given) {
      const sign = method.signer(privateKey(given, curve), curve)
      if (format === 'p1363') return sign
      return async (chunks) => toDer(await sign(chunks))
    },
  })
}
