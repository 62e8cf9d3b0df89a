/** A sender as the tests over all providers see it: each has a file in `samples`. */
import type { Provider, SecretSource, SecretValue } from 'webhook-target'
import type { Message } from 'webhook-target/testing'
import type { Vector } from '../vectors/vector.ts'

/** Seconds since 1970: what every clock shows. */
export const NOW = 1_700_000_000
/** Where the samples are sent: what a signed URL has to be. */
export const SAMPLE_URL = 'https://hooks.example.com/in'
export const SECRET = 'a secret of any sender'
export const OTHER_SECRET = 'another secret of any sender'
/** The two secrets as senders write them that follow Standard Webhooks. */
export const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const OTHER_WHSEC = `whsec_${Buffer.alloc(32, 8).toString('base64')}`

export interface Sample {
  /** What sets it apart from other samples of the provider: `as a form`. */
  readonly variant?: string
  readonly provider: Provider
  /** The same sender with another secret, which refuses what `provider` takes. */
  readonly stranger: Provider
  /** For senders that sign with a private key. */
  readonly privateKey?: SecretValue
  /** What it sends. Its URL is `SAMPLE_URL` unless it has one. */
  readonly message: Message
  /** What a handler gets to see of it; for a batch, of its first event. */
  readonly event: Partial<ExpectedEvent>
  /** False where the evidence does not cover the body, as with tokens. @default true */
  readonly coversBody?: boolean
  /** Whether the evidence covers the URL. @default false */
  readonly coversUrl?: boolean
  /** Where the evidence stands in the URL or the body, if not in a header: the first group, after the URL a line end. */
  readonly evidence?: RegExp
  /**
   * Whether the evidence names a key that is downloaded: with another name in it, the sender is asked to try
   * again as long as it may be a new key.
   *
   * @default false
   */
  readonly namesKey?: boolean
  /** Why nobody but the sender can sign, or nothing is signed at all. */
  readonly unsigned?: string
}

export interface ExpectedEvent {
  readonly type: string
  readonly subtype: string | undefined
  readonly id: string | undefined
  readonly timestamp: number | undefined
  readonly attempt: number
  readonly data: unknown
}

/** Providers have events of different types: to the tests they are all the same. */
export function defineSample(
  sample: Omit<Sample, 'provider' | 'stranger'> & {
    readonly provider: object
    readonly stranger: object
  },
): Sample {
  return sample as Sample
}

/** The configuration of a vector, as the option types take it: the providers check it themselves. */
export interface Given {
  readonly secret: SecretSource | undefined
  /** One key or several; of a map the values. */
  readonly publicKey: SecretSource | undefined
  /** The configuration keys, of whatever type the option wants. */
  readonly config: Readonly<Record<string, never>>
  readonly vector: Vector
}

export interface VectorPreset {
  /** The configuration keys it knows; any other is an error. */
  readonly keys: readonly string[]
  /** A `publicUrl` among the keys is set at the handler. */
  create(given: Given): object
}

/** Vectors hold a user name and password in one. */
export function splitCredential(credential: SecretSource | undefined) {
  const [username, secret] = (credential as string).split(/:(.*)/s)
  return { username: username!, secret }
}

export interface SampleModule {
  readonly samples: readonly Sample[]
  readonly vectors: VectorPreset
}
