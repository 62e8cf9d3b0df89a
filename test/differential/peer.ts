import type { Provider, SecretValue } from 'webhook-target'
import type { Message } from 'webhook-target/testing'
import type { MutationName } from './mutations.ts'
import type { Place, Wire } from './wire.ts'

export type Verdict = 'accepted' | 'refused'

/** A package that a sender publishes for its receivers, and our provider for the same sender. */
export interface Peer {
  /** The name of the package, with what sets it apart where there are several: `openai, secret in text`. */
  readonly name: string
  readonly provider: (secret: string) => Provider
  /** As both take it; the public key for senders that sign with a private one. */
  readonly secret: string
  readonly otherSecret: string
  readonly privateKey?: SecretValue
  readonly message: Message
  readonly signature: Place
  /** What stands between several signatures, where the sender sends several. */
  readonly separator?: string
  readonly timestamp?: Place
  readonly id?: Place
  /** Seconds for which our provider takes a delivery. Absent where nothing is signed that limits it. */
  readonly toleranceSeconds?: number
  /** Throws, or returns false, for what is not genuine. */
  readonly verify: (received: Received, secret: string) => unknown
  /** What the package adds to a message. Absent if it only verifies. */
  readonly sign?: (message: Unsigned, secret: string) => Added | Promise<Added>
  /** How what we sign goes out, where the sender has other names for it. */
  readonly outgoing?: (wire: Wire) => Wire
  /** For signatures that are another one each time: the form of those that are looked at. */
  readonly form?: RegExp
  /** Why the package takes signatures of which some character is another one, where it does. */
  readonly lenient?: string
  /** Where the two differ on purpose: the verdict of ours, and why. */
  readonly differences?: Differences
}

export type Differences = Readonly<Partial<Record<MutationName, Difference>>>

export interface Difference {
  readonly ours: Verdict
  readonly why: string
}

export interface Received extends Wire {
  readonly text: string
}

export interface Unsigned extends Received {
  /** Milliseconds since 1970. */
  readonly now: number
}

export type Added = Partial<Wire>

/** Providers have events of different types: here they are all the same. */
export function definePeer(
  peer: Omit<Peer, 'provider'> & { readonly provider: (secret: string) => object },
): Peer {
  return peer as Peer
}
