import { decode, encode, encodedLength, type TextEncoding } from '../lib/bytes.ts'
import { ed25519 as algorithm } from '../lib/ed25519.ts'
import { ed25519PublicKey, ed25519Seed } from '../lib/ed25519-key.ts'
import { keyring } from '../lib/secrets.ts'
import { signatureScheme, type SignatureOptions } from '../lib/signature.ts'
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
  return signatureScheme(options, {
    name: 'ed25519',
    keys: keyring(publicKey, (value) => algorithm.verifier(ed25519PublicKey(value))),
    // One spelling only, as decoders let the padding go.
    wellFormed: (signature) =>
      signature.length === encodedLength(SIGNATURE_BYTES, encoding) &&
      decode(signature, encoding)?.length === SIGNATURE_BYTES,
    async matches(verify, chunks, signatures) {
      for (const signature of signatures) {
        if (await verify(chunks, decode(signature, encoding)!)) return true
      }
      return false
    },
    async sign(chunks, { privateKey }) {
      return encode(await algorithm.signer(ed25519Seed(privateKey))(chunks), encoding)
    },
  })
}
