import { WebhookError } from '../errors.ts'
import type { ReplyParts } from '../types.ts'

/**
 * What a challenge may look like: long enough for every provider, and without the characters that a
 * browser could take for a page or a script, or a signer for a message of its own.
 */
const TOKEN = /^[\w.~+/=-]{1,512}$/

/** @throws {WebhookError} `ERR_CHALLENGE_REFUSED` */
export function assertToken(token: unknown): string {
  if (typeof token === 'string' && TOKEN.test(token)) return token
  throw new WebhookError(
    'ERR_CHALLENGE_REFUSED',
    'The challenge has characters or a length that no provider uses',
  )
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
