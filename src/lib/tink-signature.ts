/** ECDSA signatures as Tink writes them: 0x01 and the id of the key, four bytes, before the DER. */
import type { Scheme } from '../types.ts'
import { asymmetricScheme, type Verify } from './asymmetric.ts'
import { concat, decode, encode } from './bytes.ts'
import type { Chunk } from './crypto.ts'
import { ecdsa } from './ecdsa.ts'
import { fromDer, toDer } from './ecdsa-der.ts'
import { createKeyDirectory, type DownloadSettings, type ParseKeys } from './key-directory.ts'
import { privateKey, publicKeyOfJwk } from './public-key.ts'
import { tinkEcdsa, type EcPoint } from './published-keys.ts'

export interface TinkSignatureOptions {
  /** The header field with the signature in base64. */
  readonly header: string
  /** Where the public keyset is published, an https URL. */
  readonly keyset: string
  readonly download?: DownloadSettings | undefined
}

interface TinkKey {
  /** Hex. */
  readonly id: string
  readonly verify: Verify
}

const CURVE = 'p-256'
const VERSION = 1
const PREFIX_BYTES = 5

/**
 * A signature of the body (P-256, SHA-256) with a key of a Tink keyset.
 *
 * @see https://developers.google.com/tink/wire-format
 */
export function tinkSignature({ header, keyset: url, download }: TinkSignatureOptions): Scheme {
  const directory = createKeyDirectory<TinkKey>({
    ...download,
    urls: { hosts: [new URL(url).host] },
    parse: withIds(tinkEcdsa(toVerifier)),
  })

  const verify: Verify = async (chunks, signature) => {
    const kid = encode(signature.subarray(1, PREFIX_BYTES), 'hex')
    const numbers = fromDer(signature.subarray(PREFIX_BYTES), CURVE)!
    const keys = await directory.find({ url, kid })
    return anyPasses(keys, chunks, numbers)
  }

  async function idOfSigner(chunks: readonly Chunk[], numbers: Uint8Array): Promise<string> {
    for (const key of await directory.find({ url })) {
      if (await key.verify(chunks, numbers)) return key.id
    }
    throw new TypeError('The private key is of no key in the keyset')
  }

  return asymmetricScheme(
    { header },
    {
      name: `tink-ecdsa-${CURVE}`,
      encoding: 'base64',
      keys: { find: () => [verify], current: () => verify },
      read: (bytes) =>
        bytes[0] === VERSION && fromDer(bytes.subarray(PREFIX_BYTES), CURVE) ? bytes : undefined,
      signer: (given) => {
        const sign = ecdsa.signer(privateKey(given, CURVE), CURVE)
        return async (chunks) => {
          const numbers = await sign(chunks)
          const id = decode(await idOfSigner(chunks, numbers), 'hex')!
          return concat([Uint8Array.of(VERSION), id, toDer(numbers)])
        }
      },
    },
  )
}

/** Ids of Tink are random, and two keys may have the same. */
async function anyPasses(
  keys: readonly TinkKey[],
  chunks: readonly Chunk[],
  numbers: Uint8Array,
): Promise<boolean> {
  for (const { verify } of keys) if (await verify(chunks, numbers)) return true
  return false
}

function toVerifier(point: EcPoint): Verify {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) =>
    encode(part, 'base64url'),
  ) as [string, string]
  return ecdsa.verifier(publicKeyOfJwk({ kty: 'EC', crv: 'P-256', x, y }).jwk, CURVE)
}

function withIds(parse: ParseKeys<Verify>): ParseKeys<TinkKey> {
  return async (...document) =>
    (await parse(...document)).map(({ kid, key: verify }) => ({ kid, key: { id: kid!, verify } }))
}
