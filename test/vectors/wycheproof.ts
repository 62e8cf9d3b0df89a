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

export const macGroups = (algorithm: 'sha1' | 'sha256' | 'sha512') =>
  read(`hmac_${algorithm}`) as readonly MacGroup[]

export const ed25519Groups = () => read('ed25519') as readonly EddsaGroup[]

function read(name: string): readonly unknown[] {
  const text = readFileSync(`${import.meta.dirname}/wycheproof/${name}_test.json`, 'utf8')
  return (JSON.parse(text) as { readonly testGroups: readonly unknown[] }).testGroups
}
