/**
 * The two crypto backends behind one interface: node:crypto, synchronous, wherever the runtime has it
 * (Node, Bun, Deno, Workers with `nodejs_compat`), and WebCrypto elsewhere. WebCrypto costs 15 times as
 * much per 1 KiB HMAC, because every call goes through a thread pool.
 */
import { builtinModule } from './builtin.ts'
import { concat, encode, encodeUtf8, type TextEncoding } from './bytes.ts'

type Awaitable<T> = T | Promise<T>

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512'
/** A piece of a signed message; text stands for its UTF-8 bytes. */
export type Chunk = string | Uint8Array
/** Signs the chunks, as if joined, and writes the digest as text. */
export type Hmac = (chunks: readonly Chunk[], encoding: TextEncoding) => Awaitable<string>

export interface Crypto {
  readonly name: 'node' | 'web'
  /** Prepares a key once; the result may be kept for as long as the key is valid. */
  hmac(algorithm: HashAlgorithm, key: Uint8Array): Hmac
  hash(algorithm: HashAlgorithm, data: Chunk, encoding: TextEncoding): Awaitable<string>
}

/** Block sizes in bytes (FIPS 180-4), to which an HMAC key is padded (RFC 2104, section 2). */
const BLOCK = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 } as const
const toBytes = (chunk: Chunk) => (typeof chunk === 'string' ? encodeUtf8(chunk) : chunk)
/** The chunks in one piece. */
export const toMessage = (chunks: readonly Chunk[]): Uint8Array => concat(chunks.map(toBytes))

/* node:crypto ------------------------------------------------------------------------------------ */

interface NodeMac {
  update(data: Uint8Array | string): NodeMac
  digest(encoding: string): string
}
/** The part of node:crypto in use, described here because this folder must not see Node's types. */
export interface NodeCrypto {
  hash?(algorithm: string, data: Chunk, encoding: string): string
  createHash(algorithm: string): NodeMac
  createHmac(algorithm: string, key: unknown): NodeMac
  createSecretKey(key: Uint8Array): unknown
  createPublicKey(key: object): unknown
  createPrivateKey(key: object): unknown
  /** @param algorithm the hash; `null` for Ed25519, which has its own */
  verify(algorithm: string | null, data: Uint8Array, key: unknown, signature: Uint8Array): boolean
  sign(algorithm: string | null, data: Uint8Array, key: unknown): Uint8Array
}

/** Longer messages are hashed by a streaming Hmac object, which then costs less than the copy. */
const ONE_SHOT_LIMIT = 64 * 1024

export function nodeCrypto(node: NodeCrypto): Crypto {
  const hash = (algorithm: string, data: Chunk, encoding: string) =>
    node.hash
      ? node.hash(algorithm, data, encoding)
      : node.createHash(algorithm).update(data).digest(encoding)
  // One buffer for every key: the work between filling and hashing it is synchronous.
  const scratch = new Uint8Array(128 + ONE_SHOT_LIMIT)

  /**
   * HMAC as its definition says, two plain hashes over padded keys: 1.5 times as fast as an Hmac
   * object, which is a stream with a native handle. `latin1` moves the inner digest fastest.
   */
  function oneShotHmac(algorithm: HashAlgorithm, key: Uint8Array): Hmac {
    const block = BLOCK[algorithm]
    const padded = new Uint8Array(block)
    padded.set(key.length > block ? fromLatin1(hash(algorithm, key, 'latin1')) : key)
    const inner = padded.map((byte) => byte ^ 0x36)
    const outer = new Uint8Array(block + hash(algorithm, key, 'latin1').length)
    outer.set(padded.map((byte) => byte ^ 0x5c))
    const streaming = streamingHmac(algorithm, key)

    return (chunks, encoding) => {
      let at = block
      for (const chunk of chunks) {
        const bytes = typeof chunk === 'string' && !isShortAscii(chunk) ? toBytes(chunk) : chunk
        if (at + bytes.length > ONE_SHOT_LIMIT) return streaming(chunks, encoding)
        if (typeof bytes !== 'string') scratch.set(bytes, at)
        // A timestamp, an id or a separator: TextEncoder takes longer for one than the hash does.
        else for (let i = 0; i < bytes.length; i++) scratch[at + i] = bytes.charCodeAt(i)
        at += bytes.length
      }
      scratch.set(inner)
      const digest = hash(algorithm, scratch.subarray(0, at), 'latin1')
      for (let i = 0; i < digest.length; i++) outer[block + i] = digest.charCodeAt(i)
      return hash(algorithm, outer, encoding)
    }
  }

  /** A KeyObject, because Node 24 takes five times as long when given the bytes. */
  function streamingHmac(algorithm: HashAlgorithm, key: Uint8Array): Hmac {
    const keyObject = node.createSecretKey(key)
    return (chunks, encoding) => {
      const mac = node.createHmac(algorithm, keyObject)
      for (const chunk of chunks) mac.update(chunk)
      return mac.digest(encoding)
    }
  }

  return {
    name: 'node',
    hmac: node.hash ? oneShotHmac : streamingHmac,
    hash,
  }
}

const isShortAscii = (text: string) => text.length <= 64 && /^[ -~]*$/.test(text)
const fromLatin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

/* WebCrypto -------------------------------------------------------------------------------------- */

type WebKey = CryptoKey | Promise<CryptoKey>

export function webCrypto(web: typeof globalThis.crypto): Crypto {
  const algorithms = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }
  const text = (buffer: ArrayBuffer, encoding: TextEncoding) =>
    encode(new Uint8Array(buffer), encoding)

  return {
    name: 'web',
    hmac(algorithm, key) {
      const parameters = { name: 'HMAC', hash: algorithms[algorithm] }
      // Imported at the first use: some runtimes forbid asynchronous work at start-up.
      let imported: WebKey | undefined
      return async (chunks, encoding) => {
        imported ??= web.subtle.importKey('raw', source(key), parameters, false, ['sign'])
        return text(
          await web.subtle.sign('HMAC', await imported, source(toMessage(chunks))),
          encoding,
        )
      }
    },
    hash: async (algorithm, data, encoding) =>
      text(await web.subtle.digest(algorithms[algorithm], source(toBytes(data))), encoding),
  }
}

/** WebCrypto's types refuse views of shared memory, which nothing here ever holds. */
export const source = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes as Uint8Array<ArrayBuffer>

/* Choice ----------------------------------------------------------------------------------------- */

export const builtin: NodeCrypto | undefined = builtinModule('node:crypto') as
  | NodeCrypto
  | undefined
export const crypto: Crypto = builtin ? nodeCrypto(builtin) : webCrypto(globalThis.crypto)
