import { presence } from '../challenges/presence.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface MailchimpOptions {
  /** The secret that you put into the URL: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The query parameter that holds it. @default secret */
  readonly parameter?: string
}

/**
 * Mailchimp Marketing: forms without a signature, so the URL holds a secret, `?secret=...`. URLs end up in
 * access logs: keep that parameter out of yours. The type is `subscribe`, `cleaned` ...; fields keep
 * the names they have in the form, `event.data['data[merges][FNAME]']`.
 *
 * The GET by which Mailchimp checks a URL is answered to anyone.
 *
 * @see https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function mailchimp({ secret, parameter = 'secret' }: MailchimpOptions): Provider {
  return defineProvider({
    name: 'mailchimp',
    verify: sharedSecret({ query: parameter, secret }),
    challenges: [presence({ method: 'GET' })],
    event: { type: member('type'), timestamp: time('iso', firedAt) },
    acknowledge: { deadlineSeconds: 10 },
  })
}

/** Without a time zone: `2026-01-02 03:04:05`. Taken for UTC. */
const firedAt: Extractor = (event) => member('fired_at')(event)?.replace(' ', 'T').concat('Z')

export const facts: ProviderFacts = {
  title: 'Mailchimp Marketing',
  docs: ['https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/'],
  checked: '2026-07',
  delivered: '2xx',
  retriedOn: 'anything else',
  schedule: 'at growing intervals for about 75 min',
  doubts: [
    'Inferred: what counts as delivered, the deadline and the schedule',
    '`fired_at` has no time zone: UTC is assumed',
    'Whether the GET has to hold the secret is not stated: it is not asked for',
  ],
}
