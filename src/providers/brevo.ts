import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { enteredCredential, type EnteredCredential } from '../schemes/entered-credential.ts'
import type { Provider, SecretSource } from '../types.ts'

/** What the webhook was created with. A secret alone is a bearer token. */
export type BrevoOptions = (
  | EnteredCredential
  | {
      /** The token: one, several while rotating, or a function of the request. */
      readonly secret: SecretSource | undefined
    }
) & {
  /** Whether a list brings an event for each of its members, which is inferred. @default true */
  readonly splitLists?: boolean
}

/**
 * Brevo: a bearer token, a user name and password, or a header; nothing is signed. The type is `event`,
 * `delivered`. `id` is the webhook's, and a message is opened more than once, so events are known by their
 * content. A batch brings up to 500. What is to be delivered again is answered 429: after a 5xx Brevo may
 * give up for good.
 *
 * @see https://developers.brevo.com/docs/secured-webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 */
export function brevo({ splitLists = true, ...options }: BrevoOptions): Provider {
  const isNamed = 'username' in options || 'header' in options
  return defineProvider({
    name: 'brevo',
    verify: enteredCredential(isNamed ? options : { bearer: true, secret: options.secret }),
    event: {
      items: (payload) => (splitLists && Array.isArray(payload) ? payload : [payload]),
      type: member('event'),
      timestamp: first(time('s', member('ts_event')), time('ms', member('ts_epoch'))),
    },
    acknowledge: { refusedStatus: 401, retryStatus: 429 },
  })
}

export const facts: ProviderFacts = {
  title: 'Brevo',
  docs: [
    'https://developers.brevo.com/docs/secured-webhooks',
    'https://developers.brevo.com/docs/retry-mechanism',
    'https://developers.brevo.com/docs/batch-webhooks',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: [429, 'timeout', 'unreachable'],
  givenUpOn: ['5xx', '4xx'],
  schedule: 'After 10 min, 1 h, 2 h and 8 h',
  doubts: [
    'Older documentation can be read as if a 5xx were tried again: 429 is right in both readings',
    'That a batch is a list of events is inferred: see `splitLists`. One event is taken as well',
    'No deadline is published',
  ],
}
