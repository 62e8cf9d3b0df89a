/**
 * Types made from those of an optional peer, `Peer` being one of its own. Where it is not installed,
 * `Peer` is `any` by an error, and all payloads are `unknown`. In brackets, because such an `any` outside
 * of them makes `any` of the whole.
 */
export type WithPeer<Peer, Types extends object> = [0] extends [1 & Peer]
  ? Record<string, unknown>
  : Types
