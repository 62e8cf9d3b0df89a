import { WebhookError } from '../errors.ts'
import type { ReplyParts } from '../types.ts'

/**
 * What a challenge may look like: long enough for every provider, and without the characters that a
 * browser could take for a page or a script, or a signer for a message of its own.
 */
const TOKEN = /^[\w.~+/=-]{1,512}$/
/** The same in words, with what stands between them. Never for what gets signed. */
const PHRASE = /^[\w.~+/=:;,-][\w.~+/=:;, -]{0,1023}$/

/** How a challenge is written: as one word, or as several with spaces, colons and commas. */
export type TokenForm = 'word' | 'phrase'

/** @throws {WebhookError} `ERR_CHALLENGE_REFUSED` */
export function assertToken(token: unknown, form: TokenForm = 'word'): string {
  const pattern = form === 'phrase' ? PHRASE : TOKEN
  if (typeof token === 'string' && pattern.test(token)) return token
  throw new WebhookError(
    'ERR_CHALLENGE_REFUSED',
    'The challenge has characters or a length that no provider uses',
  )
}

/** Where a challenge is given back: as bare text, in a member of a JSON object, or in a header field. */
export type ReplyPlace = 'text' | { readonly member: string } | { readonly header: string }

/** Gives a token back in each of the places; beside a header field alone the body stays empty. */
export function echoReply(token: string, places: readonly ReplyPlace[]): ReplyParts {
  const members: Record<string, string> = {}
  const headers: Record<string, string> = {}
  let reply: ReplyParts = { status: 200, headers: {}, body: null }
  for (const place of places) {
    if (place === 'text') reply = textReply(token)
    else if ('header' in place) headers[place.header.toLowerCase()] = token
    else {
      members[place.member] = token
      reply = jsonReply(members)
    }
  }
  return { ...reply, headers: { ...reply.headers, ...headers } }
}

/** Text that no browser takes for anything else. */
export function textReply(body: string): ReplyParts {
  return {
    status: 200,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
    body,
  }
}

export function jsonReply(body: unknown): ReplyParts {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify(body),
  }
}
