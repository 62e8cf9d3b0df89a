import { presence } from '../challenges/presence.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface MailchimpOptions {
  /** The secret that you put into the URL: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The query parameter that holds it. @default secret */
  readonly parameter?: string
  /** Minutes that the clock of `fired_at` is ahead of UTC: it has no time zone. @default 0 */
  readonly utcOffsetMinutes?: number
  /** Seconds it waits, which is inferred. @default 10 */
  readonly deadlineSeconds?: number
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
export function mailchimp(options: MailchimpOptions): Provider {
  const { secret, parameter = 'secret', utcOffsetMinutes = 0, deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'mailchimp',
    verify: sharedSecret({ query: parameter, secret }),
    challenges: [presence({ method: 'GET' })],
    event: { type: member('type'), timestamp: firedAt(utcOffsetMinutes) },
    acknowledge: { deadlineSeconds },
  })
}

/** Without a time zone: `2026-01-02 03:04:05`. */
function firedAt(utcOffsetMinutes: number): Extractor<number> {
  const local = time('iso', (event) => member('fired_at')(event)?.replace(' ', 'T').concat('Z'))
  return (event) => {
    const at = local(event)
    return at === undefined ? undefined : at - utcOffsetMinutes * 60_000
  }
}

export const facts: ProviderFacts = {
  title: 'Mailchimp Marketing',
  docs: ['https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'at growing intervals for about 75 min',
  doubts: [
    'The deadline is inferred: see `deadlineSeconds`',
    'What counts as delivered and the schedule are inferred; nothing here goes by them',
    '`fired_at` has no time zone, UTC is assumed: see `utcOffsetMinutes`',
    'Whether the GET has to hold the secret is not stated: it is not asked for',
  ],
}
