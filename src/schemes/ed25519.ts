import { asymmetricScheme } from '../lib/asymmetric.ts'
import type { TextEncoding } from '../lib/bytes.ts'
import { ed25519 as algorithm } from '../lib/ed25519.ts'
import { ed25519PublicKey, ed25519Seed } from '../lib/ed25519-key.ts'
import { asSecrets } from '../lib/public-key.ts'
import { keyring } from '../lib/secrets.ts'
import type { SignatureOptions } from '../lib/signature.ts'
import type { Scheme, SecretSource } from '../types.ts'

export interface Ed25519Options extends SignatureOptions {
  /** 32 bytes, as hex, base64, PEM or bytes. One, several while rotating, or a function of the request. */
  readonly publicKey: SecretSource | undefined
  /** @default hex */
  readonly encoding?: TextEncoding
}

const SIGNATURE_BYTES = 64

/**
 * Ed25519 (RFC 8032) over the exact bytes.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 */
export function ed25519(options: Ed25519Options): Scheme {
  const { publicKey, encoding = 'hex' } = options
  return asymmetricScheme(options, {
    name: 'ed25519',
    encoding,
    keys: keyring(asSecrets(publicKey), (value) => algorithm.verifier(ed25519PublicKey(value))),
    read: (signature) => (signature.length === SIGNATURE_BYTES ? signature : undefined),
    signer: (key) => algorithm.signer(ed25519Seed(key)),
  })
}
