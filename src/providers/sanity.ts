import { defineProvider, header, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface SanityOptions {
  /** The secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. Sanity documents none. @default 300 */
  readonly toleranceSeconds?: number | false
  /**
   * By what duplicates are known. Sanity does not sign `Idempotency-Key`, so whoever got hold of a signed
   * delivery can send it again under another one while its time is fresh; `content` goes by the signed body
   * instead, and takes two equal projections for one.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /**
   * The event type, as the body is a projection of your own.
   *
   * @default the type is `webhook`
   * @example member('_type')
   */
  readonly type?: Extractor
}

/**
 * Sanity: HMAC-SHA256 in `Sanity-Webhook-Signature`, unpadded base64url with its time in milliseconds. Let
 * the webhook use POST. Sanity delivers again twice, and never what was answered 4xx other than 429.
 *
 * @see https://www.sanity.io/docs/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function sanity(options: SanityOptions): Provider {
  const { secret, toleranceSeconds = 300, identity = 'delivery', type } = options
  return defineProvider({
    name: 'sanity',
    verify: hmac({
      secret,
      header: 'sanity-webhook-signature',
      encoding: 'base64url',
      list: { separator: ',', signature: 'v1', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: { unit: 'ms', toleranceSeconds },
    }),
    event: {
      ...(type && { type }),
      ...(identity === 'delivery' && { id: header('idempotency-key') }),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Sanity',
  docs: [
    'https://www.sanity.io/docs/webhooks',
    'https://www.sanity.io/docs/changelog/50ec6abf-fe0c-475b-ae72-314148860132.md',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [429, '5xx'],
  givenUpOn: ['4xx'],
  schedule: 'Twice, 30 s apart',
  doubts: [
    'No deadline is published',
    'That `Idempotency-Key` is there and stays the same over retries is inferred: see `identity`',
  ],
}
