import { assertToken, jsonReply, textReply } from '../lib/challenge-reply.ts'
import type { Delivery } from '../delivery.ts'
import { readMember } from '../lib/member.ts'
import type { Challenge } from '../types.ts'

export type EchoOptions = (
  | {
      /** The member of the JSON body that holds the challenge. */
      readonly member: string
      /** Members that a challenge has and an event has not: `{ type: 'url_verification' }`. */
      readonly when?: Readonly<Record<string, string>>
    }
  /** The query parameter of a GET that holds the challenge. */
  | { readonly query: string }
) & {
  /** Whether the question is signed; it is then answered only once that is proven. @default true in a body */
  readonly signed?: boolean
  /** How it is answered: as bare text, or as JSON with the member of this name. @default text */
  readonly as?: 'text' | { readonly member: string }
}

/**
 * Gives the challenge back as it came: Slack's `url_verification`, and the plain form in which a JSON body
 * holds `challenge`. Bounded in length and characters, as text that no browser runs. A body that has the
 * member is never an event: give `when` if events can have it too.
 */
export function echo(options: EchoOptions): Challenge {
  const inBody = 'member' in options
  const { as = 'text' } = options
  return {
    name: 'echo',
    method: inBody ? 'POST' : 'GET',
    signed: options.signed ?? inBody,
    inBody,
    answer(delivery) {
      const found = inBody
        ? readBody(delivery, options)
        : (delivery.query.get(options.query) ?? undefined)
      if (found === undefined) return undefined
      const token = assertToken(found)
      return as === 'text' ? textReply(token) : jsonReply({ [as.member]: token })
    },
  }
}

function readBody(
  { payload }: Delivery,
  { member, when = {} }: { member: string; when?: Readonly<Record<string, string>> },
) {
  const matches = Object.entries(when).every(
    ([name, value]) => readMember(payload, name.split('.')) === value,
  )
  return matches ? readMember(payload, member.split('.')) : undefined
}
