import { configurationError } from '../errors.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import { plaidKeys, type PlaidDownloadSettings, type PlaidFetch } from '../lib/plaid-keys.ts'
import { defineProvider, member, type ProviderFacts } from '../provider.ts'
import { jwt } from '../schemes/jwt.ts'
import type { Provider } from '../types.ts'

export type { PlaidDownloadSettings, PlaidFetch }

export interface PlaidOptions {
  /** Your `client_id`, with which the keys are asked for. */
  readonly clientId: string | undefined
  /** Your secret for the API, of the same environment. */
  readonly secret: string | undefined
  /** @default production */
  readonly environment?: 'production' | 'sandbox'
  /**
   * By what duplicates are known. Plaid sends no id, and that there is something new to fetch it says in the same
   * words each time: `arrival` takes every delivery for an event of its own, `content` takes equal ones for one.
   *
   * @default arrival
   */
  readonly identity?: 'arrival' | 'content'
  /** How the keys are downloaded. */
  readonly download?: PlaidDownloadSettings
}

/** The key that `sign` names, as every token of Plaid names one: what stands for Plaid in a test has to have it. */
const TEST_KEY_ID = 'test-key'
const ENVIRONMENTS = ['production', 'sandbox'] as const

/**
 * Plaid: a token (ES256) in `Plaid-Verification` with the SHA-256 of the body, good for five minutes. Its key is
 * asked for at Plaid's API by its id, with your credentials, 30 times a minute at most. The type is
 * `webhook_type`, with the code below it: `TRANSACTIONS.SYNC_UPDATES_AVAILABLE`. Plaid waits 10 s.
 *
 * @see https://plaid.com/docs/api/webhooks/webhook-verification/
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function plaid(options: PlaidOptions): Provider {
  const { identity = 'arrival', download } = options
  const url = keysUrl(options.environment)
  const { clientId, secret } = credentialsOf(options)
  return defineProvider({
    name: 'plaid',
    verify: jwt({
      algorithms: ['ES256'],
      header: 'plaid-verification',
      jwks: url,
      directory: plaidKeys({ url, clientId, secret, ...(download && { download }) }),
      audience: false,
      requireExpiry: false,
      maxAgeSeconds: 300,
      lateToleranceSeconds: 0,
      content: { claim: 'request_body_sha256' },
      kid: TEST_KEY_ID,
    }),
    event: {
      type: member('webhook_type'),
      subtype: member('webhook_code'),
      ...(identity === 'arrival' && { id: arrivalId() }),
    },
    acknowledge: { deadlineSeconds: 10 },
  })
}

function keysUrl(environment: 'production' | 'sandbox' = 'production'): string {
  if (ENVIRONMENTS.includes(environment)) {
    return `https://${environment}.plaid.com/webhook_verification_key/get`
  }
  throw configurationError(
    'ERR_OPTION_INVALID',
    'plaid() takes environment "production" or "sandbox"',
  )
}

function credentialsOf({ clientId, secret }: PlaidOptions) {
  if (clientId && secret) return { clientId, secret }
  throw configurationError(
    'ERR_SECRET_EMPTY',
    'plaid() takes clientId and secret: without them Plaid does not give its keys out',
  )
}

export const facts: ProviderFacts = {
  title: 'Plaid',
  docs: [
    'https://plaid.com/docs/api/webhooks/',
    'https://plaid.com/docs/api/webhooks/webhook-verification/',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'after 30 s, then after four times as long each time, to 24 h',
  stops: 'an endpoint that refused more than 90 % in 24 h gets no retries',
  doubts: [
    'There is no id: see `identity`',
    'The rule that stops retries is from a copy of the documentation',
    'The code of the error for an unknown key id is taken from code that handles it',
  ],
}
