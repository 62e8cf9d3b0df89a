import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { withOverride } from './overrides.ts'

/** A recorded request, what the endpoint it is sent to is configured with, and what has to become of it. */
export interface Vector {
  readonly id: string
  readonly provider: string
  readonly note?: string | null
  /** One, a list while rotating, or none for senders that are verified with a public key. */
  readonly secret?: string | readonly string[] | null
  readonly publicKey?: PublicKey | null
  /** What the preset is configured with; two names for the same thing. */
  readonly config?: Config | null
  readonly options?: Config | null
  /** What the clock shows, in seconds since 1970; absent if no time is signed. */
  readonly now?: number | null
  /** `signature` means that only verification is meant: the body is no event of the sender. */
  readonly level?: 'request' | 'signature'
  readonly request: VectorRequest
  readonly expect: 'accept' | 'reject' | 'challenge'
  readonly response?: ExpectedResponse | null
}

/** PEM, hex, a list, or a map that stands for the endpoint keys are fetched from. */
export type PublicKey = string | readonly string[] | Readonly<Record<string, string>>
export type Config = Readonly<Record<string, unknown>>

export interface VectorRequest {
  readonly method: string
  /** What the sender called, byte for byte; may hold credentials. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyBase64?: string | null
}

export interface ExpectedResponse {
  readonly status?: number | readonly number[]
  readonly bodyIncludes?: string
  readonly bodyExact?: string
  /** For whoever reads the vector. */
  readonly bodyNote?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly noSetCookie?: boolean
}

/**
 * The vectors of a file; of those that lie beside this one with the overrides.
 *
 * @throws {Error} if the file is none, or holds no vectors
 */
export function readVectors(path: string): readonly Vector[] {
  const vectors: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!Array.isArray(vectors) || vectors.length === 0) {
    throw new Error(`${path} is not a list of vectors`)
  }
  const isOurs = dirname(resolve(path)) === import.meta.dirname
  return isOurs ? (vectors as readonly Vector[]).map(withOverride) : vectors
}
