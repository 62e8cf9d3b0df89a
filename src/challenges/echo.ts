import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { assertToken, echoReply, type ReplyPlace, type TokenForm } from '../lib/challenge-reply.ts'
import { readMember } from '../lib/member.ts'
import type { Awaitable, Challenge } from '../types.ts'

export type EchoOptions = (
  | {
      /** The member of the JSON body that holds the challenge. */
      readonly member: string
      /** Members that a challenge has and an event has not: `{ type: 'url_verification' }`. */
      readonly when?: Readonly<Record<string, string>>
    }
  | {
      /** The query parameter that holds the challenge. */
      readonly query: string
      /** @default GET */
      readonly method?: 'GET' | 'POST'
    }
  /** The header field of a GET that holds the challenge. */
  | { readonly header: string }
) & {
  /** Whether the question is signed; it is then answered only once that is proven. @default true in a body */
  readonly signed?: boolean
  /**
   * How it is answered: as bare text, as JSON with the member of this name, in a header field, or in
   * several of these places.
   *
   * @default text
   */
  readonly as?: ReplyPlace | readonly ReplyPlace[]
  /** `phrase` allows for spaces, colons, semicolons and commas, and for 1024 characters. @default word, of 512 */
  readonly form?: TokenForm
  /** Whether this question is to be answered; 403 if not. @default any */
  readonly accepts?: (token: string, delivery: Delivery) => Awaitable<boolean>
}

/**
 * Gives the challenge back as it came: Slack's `url_verification`, Dropbox's query parameter, Okta's
 * header, and the plain form in which a JSON body holds `challenge`. Bounded in length and characters, as
 * text that no browser runs. A body that has the member is never an event: give `when` if events can have
 * it too.
 */
export function echo(options: EchoOptions): Challenge {
  const inBody = 'member' in options
  const { as = 'text', accepts } = options
  const places = [as].flat()
  return {
    name: 'echo',
    method: inBody ? 'POST' : 'query' in options ? (options.method ?? 'GET') : 'GET',
    signed: options.signed ?? inBody,
    inBody,
    async answer(delivery) {
      const found = read(delivery, options)
      if (found === undefined) return undefined
      const token = assertToken(found, options.form)
      if (!accepts || (await accepts(token, delivery))) return echoReply(token, places)
      throw new WebhookError(
        'ERR_CHALLENGE_REFUSED',
        'The challenge is not of a registration that is expected here',
      )
    },
  }
}

function read(delivery: Delivery, options: EchoOptions): unknown {
  if ('query' in options) return delivery.query.get(options.query) ?? undefined
  if ('header' in options) return delivery.headers.get(options.header.toLowerCase()) ?? undefined
  return readBody(delivery, options)
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
