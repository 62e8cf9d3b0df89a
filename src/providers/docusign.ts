import { configurationError } from '../errors.ts'
import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { firstPassing } from '../schemes/first-passing.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface DocuSignOptions {
  /** A Connect key of the account: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** How many header fields are looked at: one is sent for each active key of the account. @default 10 */
  readonly activeKeys?: number
}

/** What DocuSign allows an account, by third parties. */
const MAX_ACTIVE_KEYS = 100

/**
 * DocuSign Connect: base64 HMAC-SHA256 in `X-DocuSign-Signature-1`, `-2` and so on, one for each active key
 * of the account; any that fits is enough. The type is `event`: `envelope-completed`. Messages as XML (the older
 * format) come as text, of the type `unknown`.
 *
 * @see https://developers.docusign.com/platform/webhooks/connect/validate/
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function docusign({ secret, activeKeys = 10 }: DocuSignOptions): Provider {
  if (!(Number.isInteger(activeKeys) && activeKeys > 0 && activeKeys <= MAX_ACTIVE_KEYS)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `activeKeys is a number from 1 to ${MAX_ACTIVE_KEYS}`,
    )
  }
  const schemes = Array.from({ length: activeKeys }, (_, index) =>
    hmac({ secret, header: `x-docusign-signature-${index + 1}`, encoding: 'base64' }),
  )
  return defineProvider({
    name: 'docusign',
    verify: firstPassing({ keys: 'shared', schemes }),
    event: {
      type: member('event'),
      id: idOf,
      timestamp: time('iso', member('generatedDateTime')),
      attempt: number(member('retryCount'), 1),
    },
    acknowledge: { deadlineSeconds: 100 },
  })
}

const IDENTITY = ['data.envelopeId', 'event', 'generatedDateTime'].map(member)

/** There is no id of a message, and the body counts its attempts. */
function idOf(event: Extractable): string | undefined {
  const parts = IDENTITY.map((read) => read(event))
  return parts.includes(undefined) ? undefined : parts.join(':')
}

export const facts: ProviderFacts = {
  title: 'DocuSign Connect',
  docs: [
    'https://developers.docusign.com/platform/webhooks/connect/validate/',
    'https://developers.docusign.com/platform/webhooks/connect/validation-and-security/',
  ],
  checked: '2026-07',
  delivered: '2xx',
  retriedOn: 'anything else',
  doubts: [
    'Inferred: the 100 s, what is retried, and that `retryCount` counts from 0',
    'That `generatedDateTime` is the same in all attempts is inferred; it is part of the id',
    'Older guides take 200 alone for delivered, which is what is answered here',
    'How many keys can be active is said by third parties: see `activeKeys`',
  ],
}
