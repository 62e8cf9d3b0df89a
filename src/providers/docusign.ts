import { configurationError } from '../errors.ts'
import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { firstPassing } from '../schemes/first-passing.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface DocuSignOptions {
  /** A Connect key of the account: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** How many header fields are looked at: one is sent for each active key of the account. @default 10 */
  readonly activeKeys?: number
  /**
   * By what duplicates are known, as there is no id of a message. `message` is the envelope, what happened to it
   * and `generatedDateTime`, which is inferred to be the same in all attempts. Where it is not, `event` goes
   * without it, and takes the second event of a kind of one envelope for a duplicate.
   *
   * @default message
   */
  readonly identity?: 'message' | 'event'
  /** What `retryCount` is in the first attempt, which is inferred. @default 0 */
  readonly firstAttempt?: 0 | 1
  /** Seconds it waits, which is inferred. @default 100 */
  readonly deadlineSeconds?: number
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
export function docusign(options: DocuSignOptions): Provider {
  const { secret, activeKeys = 10, identity = 'message' } = options
  const { firstAttempt = 0, deadlineSeconds = 100 } = options
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
      id: idOf(identity),
      timestamp: time('iso', member('generatedDateTime')),
      attempt: number(member('retryCount'), 1 - firstAttempt),
    },
    acknowledge: { deadlineSeconds },
  })
}

const IDENTITIES = {
  message: ['data.envelopeId', 'event', 'generatedDateTime'].map(member),
  event: ['data.envelopeId', 'event'].map(member),
}

/** There is no id of a message, and the body counts its attempts. */
function idOf(identity: keyof typeof IDENTITIES): Extractor {
  return (event) => {
    const parts = IDENTITIES[identity].map((read) => read(event))
    return parts.includes(undefined) ? undefined : parts.join(':')
  }
}

export const facts: ProviderFacts = {
  title: 'DocuSign Connect',
  docs: [
    'https://developers.docusign.com/platform/webhooks/connect/validate/',
    'https://developers.docusign.com/platform/webhooks/connect/validation-and-security/',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  doubts: [
    'The 100 s are inferred: see `deadlineSeconds`',
    'What is retried is inferred; nothing here goes by it',
    'That `retryCount` counts from 0 is inferred: see `firstAttempt`',
    'That `generatedDateTime` is the same in all attempts is inferred: see `identity`',
    'Older guides take 200 alone for delivered, which is what is answered here',
    'How many keys can be active is said by third parties: see `activeKeys`',
  ],
}
