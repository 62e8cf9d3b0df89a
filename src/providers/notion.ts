import { secretExchange, type Registration } from '../challenges/secret-exchange.ts'
import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export interface NotionOptions {
  /** The verification token that the handshake brought: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /** Takes the handshake that comes when a subscription is created. Without it there is none. */
  readonly registration?: Registration
  /** What `attempt_number` is in the first attempt, which is inferred. @default 1 */
  readonly firstAttempt?: 0 | 1
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Notion: HMAC-SHA256 in `X-Notion-Signature`. The key is the verification token, which the first request
 * brings in its body and a person then enters at Notion: have `registration.save` show it to one. The
 * type is `page.created` and the like.
 *
 * @see https://developers.notion.com/reference/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`; before the handshake, `secret` is a function
 */
export function notion(options: NotionOptions): Provider {
  const { secret, registration, firstAttempt = 1, deadlineSeconds = 10 } = options
  const scheme = hmac({ secret, header: 'x-notion-signature', prefix: 'sha256=' })
  return defineProvider({
    name: 'notion',
    verify: registration ? withKeyInBody(scheme) : scheme,
    challenges: registration
      ? [secretExchange({ member: 'verification_token', ...registration })]
      : [],
    event: {
      type: member('type'),
      id: member('id'),
      timestamp: time('iso', member('timestamp')),
      attempt: number(member('attempt_number'), 1 - firstAttempt),
    },
    acknowledge: { deadlineSeconds },
  })
}

/** The handshake may come signed with the very key it brings: only its body tells it from an event. */
function withKeyInBody(scheme: Scheme): Scheme {
  return { ...scheme, applies: (head) => scheme.applies(head) && 'in-body' }
}

export const facts: ProviderFacts = {
  title: 'Notion',
  docs: ['https://developers.notion.com/reference/webhooks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: '8 attempts within about 24 h',
  doubts: [
    'The documentation does not say that the handshake is signed; the SDK signs it with the key it brings, which proves nothing',
    'The schedule is inferred; nothing here goes by it',
    'What `attempt_number` counts is inferred: see `firstAttempt`',
    'The deadline is not stated, 10 s is assumed: see `deadlineSeconds`',
  ],
}
