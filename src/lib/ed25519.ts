/** Ed25519 on the two crypto backends, apart from them so that only its users carry it. */
import type { Awaitable } from '../types.ts'
import { encode } from './bytes.ts'
import { builtin, source, toMessage, type Chunk, type NodeCrypto } from './crypto.ts'

export type VerifyEd25519 = (chunks: readonly Chunk[], signature: Uint8Array) => Awaitable<boolean>
export type SignEd25519 = (chunks: readonly Chunk[]) => Awaitable<Uint8Array>

export interface Ed25519 {
  /**
   * Prepares a key once.
   *
   * @param publicKey the 32 raw bytes
   */
  verifier(publicKey: Uint8Array): VerifyEd25519
  /** @param seed the 32 raw bytes of the private key (RFC 8032, section 5.1.5) */
  signer(seed: Uint8Array): SignEd25519
}

export function nodeEd25519(node: NodeCrypto): Ed25519 {
  return {
    verifier(publicKey) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: encode(publicKey, 'base64url') }
      const key = node.createPublicKey({ key: jwk, format: 'jwk' })
      return (chunks, signature) => node.verify(null, toMessage(chunks), key, signature)
    },
    signer(seed) {
      const key = node.createPrivateKey({ key: pkcs8(seed), format: 'der', type: 'pkcs8' })
      return (chunks) => node.sign(null, toMessage(chunks), key)
    },
  }
}

export function webEd25519({ subtle }: typeof globalThis.crypto): Ed25519 {
  return {
    verifier(publicKey) {
      // Imported at the first use: some runtimes forbid asynchronous work at start-up.
      let imported: Promise<CryptoKey> | undefined
      return async (chunks, signature) => {
        imported ??= subtle.importKey('raw', source(publicKey), 'Ed25519', false, ['verify'])
        const message = source(toMessage(chunks))
        return subtle.verify('Ed25519', await imported, source(signature), message)
      }
    },
    signer(seed) {
      let imported: Promise<CryptoKey> | undefined
      return async (chunks) => {
        imported ??= subtle.importKey('pkcs8', source(pkcs8(seed)), 'Ed25519', false, ['sign'])
        const message = source(toMessage(chunks))
        return new Uint8Array(await subtle.sign('Ed25519', await imported, message))
      }
    },
  }
}

/** The DER wrapping of an Ed25519 seed (RFC 8410, section 7). */
function pkcs8(seed: Uint8Array): Uint8Array {
  const prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
  return Uint8Array.from([...prefix, ...seed])
}

export const ed25519: Ed25519 = builtin ? nodeEd25519(builtin) : webEd25519(globalThis.crypto)
