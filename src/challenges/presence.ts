import type { Challenge, ReplyParts } from '../types.ts'

export interface PresenceOptions {
  readonly method: 'HEAD' | 'GET'
  /** @default 200 without a body */
  readonly reply?: ReplyParts
}

const HERE: ReplyParts = { status: 200, headers: {}, body: null }

/**
 * A request by which a sender only finds out whether there is an endpoint at all (Trello and Mandrill by
 * HEAD, Mailchimp by GET). It says nothing and is answered to anyone, always with the same reply.
 */
export function presence({ method, reply = HERE }: PresenceOptions): Challenge {
  // Not every host keeps the body of an answer to HEAD back.
  const given = method === 'HEAD' ? { ...reply, body: null } : reply
  return { name: 'presence', method, signed: false, inBody: false, answer: () => given }
}
