/** What the schemes with a public key have in common: the signature is bytes, written as text in one way. */
import type { Awaitable, Scheme, SecretValue } from '../types.ts'
import { isPromise } from './awaitable.ts'
import { decode, encode, encodedLength, type TextEncoding } from './bytes.ts'
import type { Chunk } from './crypto.ts'
import type { Keyring } from './secrets.ts'
import { signatureScheme, type SignatureOptions } from './signature.ts'

export type Verify = (chunks: readonly Chunk[], signature: Uint8Array) => Awaitable<boolean>
export type SignBytes = (chunks: readonly Chunk[]) => Awaitable<Uint8Array>

export interface AsymmetricMethod {
  readonly name: string
  readonly encoding: TextEncoding
  readonly keys: Keyring<Verify>
  /** The signature in the form that `keys` verify; `undefined` if these bytes can't be one. */
  readonly read: (signature: Uint8Array) => Uint8Array | undefined
  readonly signer: (privateKey: SecretValue | undefined) => SignBytes
}

export function asymmetricScheme(options: SignatureOptions, method: AsymmetricMethod): Scheme {
  const { name, encoding, keys, signer } = method
  const read = (text: string): Uint8Array | undefined => {
    const bytes = decodeExactly(text, encoding)
    return bytes && method.read(bytes)
  }
  return signatureScheme(options, {
    name,
    keys,
    wellFormed: (text) => read(text) !== undefined,
    matches: (verify, chunks, texts) =>
      matchesAny(
        verify,
        chunks,
        texts.map((text) => read(text)!),
      ),
    sign: async (chunks, { privateKey }) => encode(await signer(privateKey)(chunks), encoding),
  })
}

/** Waits only for backends that have to be waited for. */
function matchesAny(
  verify: Verify,
  chunks: readonly Chunk[],
  [signature, ...rest]: readonly Uint8Array[],
): Awaitable<boolean> {
  if (!signature) return false
  const found = verify(chunks, signature)
  if (isPromise(found)) return found.then((yes) => yes || matchesAny(verify, chunks, rest))
  return found || matchesAny(verify, chunks, rest)
}

/** One spelling only: what `encode` makes of the bytes, with its padding. */
function decodeExactly(text: string, encoding: TextEncoding): Uint8Array | undefined {
  const bytes = decode(text, encoding)
  return bytes && text.length === encodedLength(bytes.length, encoding) ? bytes : undefined
}
