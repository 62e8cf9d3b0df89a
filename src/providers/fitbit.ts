import { verificationCode } from '../challenges/verification-code.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import { concat, encodedLength, encodeUtf8, includesText } from '../lib/bytes.ts'
import { after } from '../lib/awaitable.ts'
import { crypto } from '../lib/crypto.ts'
import { listOf } from '../lib/list-of.ts'
import { keyring, secretBytes } from '../lib/secrets.ts'
import { signatureScheme } from '../lib/signature.ts'
import { defineProvider, member, type ProviderFacts } from '../provider.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export interface FitbitOptions {
  /** The client secret of the application: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The verification code that Fitbit shows for the subscriber. */
  readonly verificationCode: SecretSource | undefined
  /** The answer to a wrong signature, by old pages. @default 404 */
  readonly refusedStatus?: number
  /** Seconds it waits, which is inferred. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * Fitbit Web API: base64 HMAC-SHA1 in `X-Fitbit-Signature`, with `&` after the client secret. A delivery
 * brings several notices of type `activities`, `sleep` ...: they say only that something changed, so equal
 * ones are not taken for duplicates. Fitbit waits 5 s and wants 204; a wrong signature is answered 404.
 *
 * The Web API is said to have been turned off on 2026-11-02; its successor is the Google Health API.
 *
 * @see https://dev.fitbit.com/build/reference/web-api/developer-guide/using-subscriptions/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function fitbit(options: FitbitOptions): Provider {
  const { secret, verificationCode: code, refusedStatus = 404, deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'fitbit',
    verify: signature(secret),
    challenges: [verificationCode({ code, query: 'verify' })],
    event: { items: listOf(), type: member('collectionType'), id: arrivalId() },
    acknowledge: { deadlineSeconds, success: { status: 204 }, refusedStatus },
  })
}

function signature(secret: SecretSource | undefined): Scheme {
  const keys = keyring(secret, (value) =>
    crypto.hmac('sha1', concat([secretBytes(value), encodeUtf8('&')])),
  )
  return signatureScheme(
    { header: 'x-fitbit-signature' },
    {
      name: 'hmac-sha1',
      keys,
      wellFormed: ({ length }) => length === encodedLength(20, 'base64'),
      matches: (digestOf, chunks, signatures) =>
        after(digestOf(chunks, 'base64'), (digest) => includesText(signatures, digest)),
      sign: (chunks) => keys.current()(chunks, 'base64'),
    },
  )
}

export const facts: ProviderFacts = {
  title: 'Fitbit Web API',
  docs: ['https://dev.fitbit.com/build/reference/web-api/developer-guide/using-subscriptions/'],
  checked: '2026-07',
  delivered: [204],
  retriedOn: ['else'],
  disables: 'Repeated failures',
  doubts: [
    'The pages are those of a service said to be off since 2026-11-02',
    'The 5 s are inferred: see `deadlineSeconds`',
    'What is retried and what switches it off are inferred; nothing here goes by them',
    'The 404 for a wrong signature is from old pages: see `refusedStatus`',
  ],
}
