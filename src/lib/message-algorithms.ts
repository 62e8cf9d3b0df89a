/** The algorithms of HTTP Message Signatures (RFC 9421, section 3.3), as values: only the one in use is carried. */
import type { Awaitable, SecretSource, SecretValue } from '../types.ts'
import { decode, encode, equalText } from './bytes.ts'
import { crypto, type Chunk } from './crypto.ts'
import { ecdsa } from './ecdsa.ts'
import { ed25519 as ed25519Backend } from './ed25519.ts'
import { ed25519PublicKey, ed25519Seed } from './ed25519-key.ts'
import { asSecrets, privateKey, publicKey } from './public-key.ts'
import { rsa, type RsaAlgorithm } from './rsa.ts'
import { secretBytes } from './secrets.ts'

export interface MessageAlgorithm {
  /** As registered: `hmac-sha256`. */
  readonly name: string
  /** Whether the receiver's key signs too. */
  readonly symmetric: boolean
  /** Keys as they are configured, each as one text or its bytes. */
  readonly toSecrets: (keys: SecretSource | undefined) => SecretSource | undefined
  verifier(key: SecretValue): (base: Chunk, signature: Uint8Array) => Awaitable<boolean>
  signer(key: SecretValue | undefined): (base: Chunk) => Awaitable<Uint8Array>
}

/** The key is text or bytes. */
export const hmacSha256: MessageAlgorithm = {
  name: 'hmac-sha256',
  symmetric: true,
  toSecrets: (keys) => keys,
  verifier(key) {
    const digestOf = crypto.hmac('sha256', secretBytes(key))
    return async (base, signature) =>
      equalText(encode(signature, 'base64'), await digestOf([base], 'base64'))
  },
  signer(key) {
    const digestOf = crypto.hmac('sha256', secretBytes(key!))
    return async (base) => decode(await digestOf([base], 'base64'), 'base64')!
  },
}

/** The public key is 32 bytes as hex, base64, PEM or bytes. */
export const ed25519: MessageAlgorithm = {
  name: 'ed25519',
  symmetric: false,
  toSecrets: asSecrets,
  verifier(key) {
    const verify = ed25519Backend.verifier(ed25519PublicKey(key))
    return (base, signature) => signature.length === 64 && verify([base], signature)
  },
  signer(key) {
    const sign = ed25519Backend.signer(ed25519Seed(key))
    return (base) => sign([base])
  },
}

/** The public key is PEM or DER; signatures are both numbers one after the other. */
export const ecdsaP256Sha256: MessageAlgorithm = {
  name: 'ecdsa-p256-sha256',
  symmetric: false,
  toSecrets: asSecrets,
  verifier(key) {
    const verify = ecdsa.verifier(publicKey(key, ['p-256']).jwk, 'p-256')
    return (base, signature) => verify([base], signature)
  },
  signer(key) {
    const sign = ecdsa.signer(privateKey(key, 'p-256'), 'p-256')
    return (base) => sign([base])
  },
}

function rsaAlgorithm(name: string, algorithm: RsaAlgorithm): MessageAlgorithm {
  return {
    name,
    symmetric: false,
    toSecrets: asSecrets,
    verifier(key) {
      const verify = rsa.verifier(publicKey(key, ['rsa']).jwk, algorithm)
      return (base, signature) => verify([base], signature)
    },
    signer(key) {
      const sign = rsa.signer(privateKey(key, 'rsa'), algorithm)
      return (base) => sign([base])
    },
  }
}

/** The public key is PEM or DER, of at least 2048 bits. */
export const rsaV15Sha256: MessageAlgorithm = /* @__PURE__ */ rsaAlgorithm('rsa-v1_5-sha256', {
  hash: 'sha256',
  padding: 'pkcs1',
})

/** The public key is PEM or DER, of at least 2048 bits. */
export const rsaPssSha512: MessageAlgorithm = /* @__PURE__ */ rsaAlgorithm('rsa-pss-sha512', {
  hash: 'sha512',
  padding: 'pss',
})
