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
    /** A signed token, as text or in the JSON serialization. */
    readonly jws?: string | object
    /** An encrypted one. */
    readonly jwe?: string | object
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

/** Tests in each file: one that was cut short must not pass for want of them. */
export const COUNTS: Readonly<Record<string, number>> = {
  ecdsa_secp256r1_sha256: 484,
  ecdsa_secp256r1_sha256_p1363: 262,
  ed25519: 151,
  hmac_sha1: 170,
  hmac_sha256: 174,
  hmac_sha512: 174,
  json_web_crypto: 83,
  json_web_key: 26,
  json_web_signature: 401,
  rsa_pss_2048_sha256_mgf1_32: 108,
  rsa_signature_2048_sha256: 259,
}

interface WycheproofFile {
  readonly testGroups: readonly { readonly tests: readonly unknown[] }[]
}

function read(name: string): readonly unknown[] {
  const text = readFileSync(`${import.meta.dirname}/wycheproof/${name}_test.json`, 'utf8')
  const { testGroups } = JSON.parse(text) as WycheproofFile
  const count = testGroups.reduce((sum, { tests }) => sum + tests.length, 0)
  if (count !== COUNTS[name]) {
    throw new Error(`${name} has ${count} tests, expected ${COUNTS[name]}`)
  }
  return testGroups
}
