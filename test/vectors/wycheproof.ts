/** Project Wycheproof's vectors for the primitives: https://github.com/C2SP/wycheproof */
import { readFileSync } from 'node:fs'

export interface MacGroup {
  /** In bits; shorter than the digest for the groups that truncate it. */
  readonly tagSize: number
  readonly tests: readonly {
    readonly tcId: number
    readonly key: string
    readonly msg: string
    readonly tag: string
    readonly result: 'valid' | 'invalid'
  }[]
}

export interface EddsaGroup {
  readonly publicKey: { readonly pk: string }
  readonly publicKeyPem: string
  readonly tests: readonly {
    readonly tcId: number
    readonly msg: string
    readonly sig: string
    readonly result: 'valid' | 'invalid'
  }[]
}

interface SignatureTest {
  readonly tcId: number
  readonly msg: string
  readonly sig: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export interface SignatureGroup {
  readonly publicKeyPem: string
  readonly tests: readonly SignatureTest[]
}

export type WycheproofKey = Readonly<Record<string, unknown>>

export interface TokenGroup {
  readonly comment: string
  /** One key, or a set of keys. */
  readonly private: WycheproofKey
  /** Absent for secrets. */
  readonly public?: WycheproofKey
  readonly tests: readonly {
    readonly tcId: number
    /** Absent for the encrypted ones. */
    readonly jws?: string | object
    readonly result: 'valid' | 'invalid'
  }[]
}

/** @param name of the file: `ecdsa_secp256r1_sha256` */
export const signatureGroups = (name: string) => read(name) as readonly SignatureGroup[]
export const tokenGroups = (name: 'signature' | 'key' | 'crypto') =>
  read(`json_web_${name}`) as readonly TokenGroup[]

export const macGroups = (algorithm: 'sha1' | 'sha256' | 'sha512') =>
  read(`hmac_${algorithm}`) as readonly MacGroup[]

export const ed25519Groups = () => read('ed25519') as readonly EddsaGroup[]

function read(name: string): readonly unknown[] {
  const text = readFileSync(`${import.meta.dirname}/wycheproof/${name}_test.json`, 'utf8')
  return (JSON.parse(text) as { readonly testGroups: readonly unknown[] }).testGroups
}
