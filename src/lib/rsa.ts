/** RSA signatures (RFC 8017) on the two crypto backends, apart from them so that only its users carry them. */
import type { Awaitable } from '../types.ts'
import {
  builtin,
  source,
  toMessage,
  type Chunk,
  type HashAlgorithm,
  type NodeCrypto,
} from './crypto.ts'
import type { Jwk } from './public-key.ts'

export type VerifyRsa = (chunks: readonly Chunk[], signature: Uint8Array) => Awaitable<boolean>
export type SignRsa = (chunks: readonly Chunk[]) => Awaitable<Uint8Array>

export interface RsaAlgorithm {
  readonly hash: HashAlgorithm
  /** PKCS #1 v1.5 (section 8.2), or PSS (section 8.1) with a salt as long as the hash. */
  readonly padding: 'pkcs1' | 'pss'
}

export interface Rsa {
  /**
   * Prepares a key once.
   *
   * @param key as `publicKey` makes it
   */
  verifier(key: Jwk, algorithm: RsaAlgorithm): VerifyRsa
  /** @param key PKCS #8 */
  signer(key: Uint8Array, algorithm: RsaAlgorithm): SignRsa
}

const HASH_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

/** Of OpenSSL: RSA_PKCS1_PSS_PADDING. */
const NODE_PSS = 6

export function nodeRsa(node: NodeCrypto): Rsa {
  // PKCS #1 is what is done with a key alone, and an object around it costs as much as the verification.
  const parametersOf = (key: unknown, { hash, padding }: RsaAlgorithm) =>
    padding === 'pkcs1' ? key : { key, padding: NODE_PSS, saltLength: HASH_BYTES[hash] }
  return {
    verifier(jwk, algorithm) {
      const key = parametersOf(node.createPublicKey({ key: jwk, format: 'jwk' }), algorithm)
      return (chunks, signature) => node.verify(algorithm.hash, toMessage(chunks), key, signature)
    },
    signer(pkcs8, algorithm) {
      const key = parametersOf(
        node.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
        algorithm,
      )
      return (chunks) => node.sign(algorithm.hash, toMessage(chunks), key)
    },
  }
}

const WEB_HASH = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const
const WEB_NAME = { pkcs1: 'RSASSA-PKCS1-v1_5', pss: 'RSA-PSS' } as const

export function webRsa({ subtle }: typeof globalThis.crypto): Rsa {
  const importing = ({ hash, padding }: RsaAlgorithm) => ({
    name: WEB_NAME[padding],
    hash: WEB_HASH[hash],
  })
  const using = ({ hash, padding }: RsaAlgorithm) => ({
    name: WEB_NAME[padding],
    saltLength: HASH_BYTES[hash],
  })
  return {
    verifier(jwk, algorithm) {
      // Imported at the first use: some runtimes forbid asynchronous work at start-up.
      let imported: Promise<CryptoKey> | undefined
      return async (chunks, signature) => {
        imported ??= subtle.importKey('jwk', jwk as JsonWebKey, importing(algorithm), false, [
          'verify',
        ])
        const message = source(toMessage(chunks))
        return subtle.verify(using(algorithm), await imported, source(signature), message)
      }
    },
    signer(pkcs8, algorithm) {
      let imported: Promise<CryptoKey> | undefined
      return async (chunks) => {
        imported ??= subtle.importKey('pkcs8', source(pkcs8), importing(algorithm), false, ['sign'])
        const message = source(toMessage(chunks))
        return new Uint8Array(await subtle.sign(using(algorithm), await imported, message))
      }
    },
  }
}

export const rsa: Rsa = builtin ? nodeRsa(builtin) : webRsa(globalThis.crypto)
