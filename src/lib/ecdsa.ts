/** ECDSA (FIPS 186-4) on the two crypto backends, apart from them so that only its users carry it. */
import type { Awaitable } from '../types.ts'
import { builtin, source, toMessage, type Chunk, type NodeCrypto } from './crypto.ts'
import { CURVES, toNumber, type Curve, type CurveName } from './curves.ts'
import { fromDer, toDer } from './ecdsa-der.ts'
import type { Jwk } from './public-key.ts'

/** @param signature both numbers, each as long as the curve's order (IEEE P1363) */
export type VerifyEcdsa = (chunks: readonly Chunk[], signature: Uint8Array) => Awaitable<boolean>
export type SignEcdsa = (chunks: readonly Chunk[]) => Awaitable<Uint8Array>

export interface Ecdsa {
  /**
   * Prepares a key once.
   *
   * @param key as `publicKey` makes it
   */
  verifier(key: Jwk, curve: CurveName): VerifyEcdsa
  /** @param key PKCS #8 */
  signer(key: Uint8Array, curve: CurveName): SignEcdsa
}

/** The hash that goes with each curve, as in RFC 7518, section 3.4. */
const HASHES = {
  'p-256': { node: 'sha256', web: 'SHA-256' },
  'p-384': { node: 'sha384', web: 'SHA-384' },
} as const

/** In DER, though `dsaEncoding` could spare that: workerd takes no key object beside it. */
export function nodeEcdsa(node: NodeCrypto): Ecdsa {
  return {
    verifier(jwk, curve) {
      const { node: hash } = HASHES[curve]
      const key = node.createPublicKey({ key: jwk, format: 'jwk' })
      return (chunks, signature) =>
        isInRange(signature, CURVES[curve]) &&
        node.verify(hash, toMessage(chunks), key, toDer(signature))
    },
    signer(pkcs8, curve) {
      const { node: hash } = HASHES[curve]
      const key = node.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      return (chunks) => fromDer(node.sign(hash, toMessage(chunks), key), curve)!
    },
  }
}

export function webEcdsa({ subtle }: typeof globalThis.crypto): Ecdsa {
  const parametersOf = (curve: CurveName) => ({
    name: 'ECDSA',
    namedCurve: CURVES[curve].name,
    hash: HASHES[curve].web,
  })
  return {
    verifier(jwk, curve) {
      const parameters = parametersOf(curve)
      // Imported at the first use: some runtimes forbid asynchronous work at start-up.
      let imported: Promise<CryptoKey> | undefined
      return async (chunks, signature) => {
        if (!isInRange(signature, CURVES[curve])) return false
        imported ??= subtle.importKey('jwk', jwk as JsonWebKey, parameters, false, ['verify'])
        const message = source(toMessage(chunks))
        return subtle.verify(parameters, await imported, source(signature), message)
      }
    },
    signer(pkcs8, curve) {
      const parameters = parametersOf(curve)
      let imported: Promise<CryptoKey> | undefined
      return async (chunks) => {
        imported ??= subtle.importKey('pkcs8', source(pkcs8), parameters, false, ['sign'])
        const message = source(toMessage(chunks))
        return new Uint8Array(await subtle.sign(parameters, await imported, message))
      }
    },
  }
}

/** Both numbers are at least 1 and below the order: backends have been known to let others pass. */
function isInRange(signature: Uint8Array, { bytes, order }: Curve): boolean {
  if (signature.length !== 2 * bytes) return false
  const r = toNumber(signature.subarray(0, bytes))
  const s = toNumber(signature.subarray(bytes))
  return r > 0n && r < order && s > 0n && s < order
}

export const ecdsa: Ecdsa = builtin ? nodeEcdsa(builtin) : webEcdsa(globalThis.crypto)
