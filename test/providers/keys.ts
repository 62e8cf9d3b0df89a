/** Key pairs for the samples of senders that sign with a private key. */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'

export interface Ed25519Pair {
  /** Hex. */
  readonly publicKey: string
  /** The seed. */
  readonly privateKey: Uint8Array
}

export function ed25519Pair(): Ed25519Pair {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return {
    publicKey: Buffer.from(x!, 'base64url').toString('hex'),
    privateKey: new Uint8Array(Buffer.from(d!, 'base64url')),
  }
}

export interface PemPair {
  /** SPKI. */
  readonly publicKey: string
  /** PKCS #8. */
  readonly privateKey: string
}

function pem({ publicKey, privateKey }: KeyPairKeyObjectResult): PemPair {
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

export const rsaPair = (): PemPair => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }))
export const p256Pair = (): PemPair => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
