import { readMember } from '../lib/member.ts'
import type { Challenge, ReplyParts } from '../types.ts'

export interface PingOptions {
  /** The member that marks a ping, and its value: `{ member: 'type', is: 1 }`. */
  readonly member: string
  readonly is: string | number
  readonly reply: ReplyParts
}

/** A signed event that only asks whether the endpoint is there, answered with a fixed reply. */
export function ping({ member, is, reply }: PingOptions): Challenge {
  const names = member.split('.')
  return {
    name: 'ping',
    method: 'POST',
    signed: true,
    inBody: true,
    answer: ({ payload }) => (readMember(payload, names) === is ? reply : undefined),
  }
}
