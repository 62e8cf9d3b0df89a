import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { equalText } from '../lib/bytes.ts'
import { crypto } from '../lib/crypto.ts'
import { readMember } from '../lib/member.ts'
import { FORM, mediaType } from '../lib/payload.ts'
import { defineProvider, first, header, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, OutgoingMessage, Provider, Scheme, SecretSource } from '../types.ts'

export interface TwilioOptions {
  /** The primary auth token of the account: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * The secret of the shared key, where a webhook rule has Twilio sign with one (HMAC-SHA256) in place of the
   * auth token: one, several while rotating, or a function of the request. What names a shared key passes
   * with no other, and is refused without one here.
   */
  readonly sharedKey?: SecretSource | undefined
  /**
   * By what duplicates are known. Twilio does not sign `I-Twilio-Idempotency-Token`, so whoever got hold of
   * a signed delivery can send it again under another one; `content` goes by what is signed instead, and
   * takes two equal status callbacks for one.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Twilio's default; connection overrides in the URL (`#rt=...`) change it. @default 15 */
  readonly deadlineSeconds?: number
}

/** The query parameter with the digest of a body that is not a form. */
const BODY_DIGEST = 'bodySHA256'
/** An answer that does nothing: calls and messages need TwiML, status callbacks ignore it. */
const EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

/**
 * Twilio: base64 HMAC-SHA1 over the URL and the form fields, or the URL with a digest of the body. Set
 * `publicUrl` of `createWebhookHandler` to the URL that is entered at Twilio, credentials included, unless
 * the host sees that very URL; and let Twilio use POST. The type is `message`, `message-status`, `call`,
 * `call-status` (with the status below it: `message-status.delivered`), or the field `EventType`. Calls
 * and messages are answered with TwiML, `reply('<Response>...</Response>')`.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function twilio(options: TwilioOptions): Provider {
  const { secret, sharedKey, identity = 'delivery', deadlineSeconds = 15 } = options
  return defineProvider({
    name: 'twilio',
    verify: signingBodies(
      bySettings(
        signature(secret, 'sha1'),
        sharedKey === undefined ? undefined : signature(sharedKey, 'sha256'),
      ),
    ),
    event: {
      type: first(member('EventType'), kindOf, member('type')),
      subtype: first(member('MessageStatus'), member('CallStatus')),
      id:
        identity === 'delivery'
          ? header('i-twilio-idempotency-token')
          : ({ delivery }) => spellingsOf(delivery.url).at(-1)! + signedFields(delivery),
    },
    acknowledge: {
      deadlineSeconds,
      success: { headers: { 'content-type': 'text/xml' }, body: EMPTY_TWIML },
      refusedStatus: 403,
      replyType: 'text/xml',
      // Only failed connections are tried again, unless an override in the URL says otherwise.
      retries: false,
    },
  })
}

function signature(secret: SecretSource | undefined, algorithm: 'sha1' | 'sha256'): Scheme {
  return hmac({
    secret,
    header: 'x-twilio-signature',
    algorithm,
    encoding: 'base64',
    content: signedContents,
  })
}

/** Stands beside a signature that is made with a shared key, and names it. */
const SETTINGS = 'x-twilio-webhooks-signature-settings'

/**
 * The settings are not signed, so anyone can add them or leave them out; whoever does still has to sign with
 * one of the keys, each of which only Twilio has.
 */
function bySettings(plain: Scheme, shared: Scheme | undefined): Scheme {
  return {
    ...plain,
    open(head) {
      const settings = head.headers.get(SETTINGS)
      if (settings === null) return plain.open(head)
      if (shared && /^key=\w*,algorithm=HMAC_SHA256$/.test(settings)) return shared.open(head)
      throw new WebhookError(
        'ERR_SIGNATURE_MALFORMED',
        shared
          ? 'The signature is of an algorithm that is not known here'
          : 'The signature is made with a shared key of a webhook rule, and there is no sharedKey',
      )
    },
    sign: (message, options) =>
      (shared && message.headers[SETTINGS] !== undefined ? shared : plain).sign!(message, options),
  }
}

function kindOf({ payload }: Extractable): string | undefined {
  const has = (name: string) => readMember(payload, [name]) !== undefined
  if (has('MessageSid') || has('SmsSid')) return has('MessageStatus') ? 'message-status' : 'message'
  if (has('CallSid')) return has('CallbackSource') ? 'call-status' : 'call'
  return undefined
}

/** Every reading of what Twilio may have signed; none for a body that no signature covers. */
async function signedContents(delivery: Delivery): Promise<readonly (readonly string[])[]> {
  const digest = delivery.query.get(BODY_DIGEST)
  const covered =
    digest === null
      ? isForm(delivery) || delivery.body.length === 0
      : equalText(digest, await crypto.hash('sha256', delivery.body, 'hex'))
  const fields = signedFields(delivery)
  const urls = covered ? [...new Set(spellingsOf(delivery.url))] : []
  return urls.map((url) => [url + fields])
}

const isForm = ({ headers }: Delivery) => mediaType(headers.get('content-type')) === FORM

/** The fields of a form by name, each value once and in order, without anything between them. */
function signedFields(delivery: Delivery): string {
  if (!isForm(delivery)) return ''
  const form = new URLSearchParams(
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(delivery.body),
  )
  return [...new Set(form.keys())]
    .toSorted()
    .flatMap((name) => [...new Set(form.getAll(name))].toSorted().map((value) => name + value))
    .join('')
}

/**
 * The ways in which Twilio writes a URL before signing it: with and without the port, and with the query
 * as it is or encoded anew, depending on the product. The last one is the same for all of them.
 */
function spellingsOf(url: string): readonly string[] {
  const [, scheme, authority, port, path, query] =
    /^(https?):\/\/(.*?)(?::(\d+))?(\/[^?]*)(\?.*)?$/.exec(url) ?? []
  if (!scheme) return [url]
  const usual = scheme === 'https' ? '443' : '80'
  const origins = [`${scheme}://${authority}:${port ?? usual}`, `${scheme}://${authority}`]
  const queries = query ? [query, encodeAnew(query)] : ['']
  return [url, ...queries.flatMap((text) => origins.map((origin) => origin + path + text))]
}

function encodeAnew(query: string): string {
  const fields = new URLSearchParams(query)
  const pairs = [...new Set(fields.keys())].flatMap((name) =>
    fields.getAll(name).map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  )
  return `?${pairs.join('&')}`
}

/** When signing, a body that is not a form puts its digest into the URL first. */
function signingBodies(scheme: Scheme): Scheme {
  return {
    ...scheme,
    sign: async (message, options) => scheme.sign!(await withDigest(message), options),
  }
}

async function withDigest(message: OutgoingMessage): Promise<OutgoingMessage> {
  const { headers, body, url } = message
  if (body.length === 0 || mediaType(headers['content-type'] ?? null) === FORM) return message
  const digest = await crypto.hash('sha256', body, 'hex')
  const separator = url.includes('?') ? '&' : '?'
  return { ...message, url: `${url}${separator}${BODY_DIGEST}=${digest}` }
}

export const facts: ProviderFacts = {
  title: 'Twilio',
  docs: [
    'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
    'https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides',
    'https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  deliveredNote: 'with the body that the product wants',
  retriedOn: ['unreachable'],
  retriedNote: 'more by overrides in the URL',
  givenUpOn: ['else'],
  doubts: [
    'The 15 s and the overrides are inferred: see `deadlineSeconds`',
    'Webhook rules, which sign with a shared key, are in public beta: see `sharedKey`',
    'Calls by GET are not taken: have Twilio use POST',
  ],
}
