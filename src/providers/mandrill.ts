import { presence } from '../challenges/presence.ts'
import type { Delivery } from '../delivery.ts'
import { FORM, mediaType } from '../lib/payload.ts'
import { listOf } from '../lib/list-of.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface MandrillOptions {
  /** The key of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * Mailchimp Transactional (Mandrill): base64 HMAC-SHA1 in `X-Mandrill-Signature`, over the URL and the
 * form fields. Set `publicUrl` of `createWebhookHandler` to the URL as it was registered, unless the host
 * sees that very URL. A delivery brings many events: `send`, `open`, `inbound`, or the `type` of a change to
 * the allow- and denylist.
 *
 * @see https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function mandrill({ secret }: MandrillOptions): Provider {
  return defineProvider({
    name: 'mandrill',
    verify: hmac({
      secret,
      header: 'x-mandrill-signature',
      algorithm: 'sha1',
      encoding: 'base64',
      content: (delivery) => [[delivery.url + signedFields(delivery)]],
      // The type is not signed: as anything but a form, the body would be no part of what is.
      accepts: ({ headers }) => mediaType(headers.get('content-type')) === FORM,
    }),
    challenges: [presence({ method: 'HEAD' })],
    event: {
      formField: 'mandrill_events',
      items: listOf(),
      type: first(member('event'), member('type')),
      id: idOf,
      timestamp: time('s', member('ts')),
    },
  })
}

const IDENTITY = ['event', '_id', 'ts'].map(member)
const clickedUrl = member('url')

/**
 * Several events of a message share its `_id`, and several clicks the type too; a scanner of links even
 * clicks all of them in one second.
 */
function idOf(event: Extractable): string | undefined {
  const parts = [...IDENTITY.map((read) => read(event)), clickedUrl(event) ?? '']
  return parts.includes(undefined) ? undefined : parts.join(':')
}

/** The fields by name, without anything between them. */
function signedFields({ body }: Delivery): string {
  const form = new URLSearchParams(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body))
  form.sort()
  return [...form].flat().join('')
}

export const facts: ProviderFacts = {
  title: 'Mailchimp Transactional (Mandrill)',
  docs: ['https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/'],
  checked: '2026-07',
  delivered: '200',
  retriedOn: 'anything else',
  doubts: [
    'Inferred: ids, times, what is retried, and the HEAD that checks the URL',
    'No deadline was found',
    'A first POST without events, signed with the key `test-webhook`, is said to come if the HEAD fails: it is refused',
  ],
}
