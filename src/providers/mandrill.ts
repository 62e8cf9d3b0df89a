import { presence } from '../challenges/presence.ts'
import type { Delivery } from '../delivery.ts'
import { FORM, mediaType } from '../lib/payload.ts'
import { listOf } from '../lib/list-of.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { firstPassing } from '../schemes/first-passing.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, Scheme, SecretSource } from '../types.ts'

export interface MandrillOptions {
  /** The key of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. That type, `_id` and `ts` are an id together is inferred; `content` goes by what
   * is sent of an event instead.
   *
   * @default event
   */
  readonly identity?: 'event' | 'content'
  /**
   * Whether the checks of a new URL are answered, which are inferred: a HEAD, and a POST without events that
   * is signed with the key `test-webhook`. Everybody knows that key, so with it nothing but an empty list passes.
   *
   * @default true
   */
  readonly urlCheck?: boolean
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
export function mandrill(options: MandrillOptions): Provider {
  const { secret, identity = 'event', urlCheck = true } = options
  const genuine = signature(secret, () => true)
  const check = signature(CHECK_KEY, hasNoEvents)
  return defineProvider({
    name: 'mandrill',
    verify: urlCheck
      ? { ...firstPassing({ keys: 'own', schemes: [genuine, check] }), sign: genuine.sign! }
      : genuine,
    challenges: urlCheck ? [presence({ method: 'HEAD' })] : [],
    event: {
      formField: FIELD,
      items: listOf(),
      type: first(member('event'), member('type')),
      ...(identity === 'event' && { id: idOf }),
      timestamp: time('s', member('ts')),
    },
  })
}

const FIELD = 'mandrill_events'
const CHECK_KEY = 'test-webhook'

function signature(
  secret: SecretSource | undefined,
  accepts: (delivery: Delivery) => boolean,
): Scheme {
  return hmac({
    secret,
    header: 'x-mandrill-signature',
    algorithm: 'sha1',
    encoding: 'base64',
    content: (delivery) => [[delivery.url + signedFields(delivery)]],
    // The type is not signed: as anything but a form, the body would be no part of what is.
    accepts: (delivery) =>
      mediaType(delivery.headers.get('content-type')) === FORM && accepts(delivery),
  })
}

function hasNoEvents({ body }: Delivery): boolean {
  const fields = [...formOf(body)]
  return fields.length === 1 && fields[0]![0] === FIELD && fields[0]![1] === '[]'
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
  const form = formOf(body)
  form.sort()
  return [...form].flat().join('')
}

const formOf = (body: Uint8Array) =>
  new URLSearchParams(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body))

export const facts: ProviderFacts = {
  title: 'Mailchimp Transactional (Mandrill)',
  docs: ['https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  doubts: [
    'Ids and times of events are inferred: see `identity`',
    'What is retried is inferred; nothing here goes by it',
    'The HEAD and the POST without events, signed with the key `test-webhook`, that check a new URL are inferred: see `urlCheck`',
    'No deadline was found',
  ],
}
