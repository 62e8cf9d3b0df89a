import { splitUrl, type Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { formatTimestamp } from '../lib/freshness.ts'
import { defineProvider, header, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractor, OutgoingMessage, Provider, Scheme, SecretSource } from '../types.ts'

export interface ContentfulOptions {
  /** The signing secret of the space or app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 30, as in Contentful's toolkit */
  readonly toleranceSeconds?: number | false
  /** Seconds it waits, which is inferred. @default 30 */
  readonly deadlineSeconds?: number
}

const SIGNED_HEADERS = 'x-contentful-signed-headers'
const TIMESTAMP = 'x-contentful-timestamp'
/** What a signature must cover: without these two, anyone could change what else it covers, and when. */
const REQUIRED = [SIGNED_HEADERS, TIMESTAMP]

/**
 * Contentful: HMAC-SHA256 over method, path, listed headers and body in `X-Contentful-Signature`. The type
 * is the topic, `ContentManagement.Entry.publish`. Type, id and attempt are read from headers that are
 * signed, from no others. Let the webhook use POST. Contentful waits 30 s.
 *
 * The path is that of the URL entered at Contentful: where a proxy changes it, set `publicUrl` of
 * `createWebhookHandler`.
 *
 * @see https://www.contentful.com/developers/docs/extensibility/webhooks/request-verification/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function contentful(options: ContentfulOptions): Provider {
  const { secret, toleranceSeconds = 30, deadlineSeconds = 30 } = options
  return defineProvider({
    name: 'contentful',
    verify: listingHeaders(
      hmac({
        secret,
        header: 'x-contentful-signature',
        content: canonicalRequests,
        timestamp: { header: TIMESTAMP, unit: 'ms', toleranceSeconds },
      }),
    ),
    event: {
      type: signed('x-contentful-topic'),
      id: signed('x-contentful-idempotency-key'),
      timestamp: time('ms', signed(TIMESTAMP)),
      attempt: number(signed('x-contentful-webhook-request-attempt')),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

function listed({ headers }: Delivery): readonly string[] {
  return (headers.get(SIGNED_HEADERS) ?? '').split(',').map((name) => name.trim().toLowerCase())
}

/** The value of a header field that the signature covers. */
function signed(name: string): Extractor {
  const read = header(name)
  return (from) => (listed(from.delivery).includes(name) ? read(from) : undefined)
}

/** The signed text, for each spelling of the path. */
function canonicalRequests(delivery: Delivery): readonly (readonly (string | Uint8Array)[])[] {
  const { method, headers, url, body } = delivery
  const names = listed(delivery)
  // A name that can't be one is asked of no host: most would throw.
  const isThere = (name: string) => /^[\w-]+$/.test(name) && headers.get(name) !== null
  if (!names.every(isThere) || !REQUIRED.every((name) => names.includes(name))) {
    throw new WebhookError(
      'ERR_SIGNATURE_MALFORMED',
      `The signature covers no ${REQUIRED.join(' or ')}, or a header that is not there`,
    )
  }
  const covered = names.toSorted().map((name) => `${name}:${headers.get(name)!.trim()}`)
  return spellingsOf(url).map((path) => [`${method}\n${path}\n${covered.join(';')}\n`, body])
}

/** Contentful's toolkit encodes the query as one component, and all of it once more; others do not. */
function spellingsOf(url: string): readonly string[] {
  const { target } = splitUrl(url)
  const at = target.indexOf('?')
  const path = at < 0 ? target : target.slice(0, at)
  const query = at < 0 ? '' : target.slice(at + 1)
  const encoded = encodeURI(query ? `${path}?${encodeURIComponent(query)}` : path)
  return [...new Set([encoded, target])]
}

/** When signing, all headers are covered, as Contentful does. */
function listingHeaders(scheme: Scheme): Scheme {
  return {
    ...scheme,
    headers: [...scheme.headers, SIGNED_HEADERS],
    sign: (message, options) => scheme.sign!(withList(message, options.now), options),
  }
}

function withList(message: OutgoingMessage, now: number): OutgoingMessage {
  const headers = { ...message.headers, [TIMESTAMP]: formatTimestamp(now, 'ms') }
  const names = [...Object.keys(headers), SIGNED_HEADERS].toSorted()
  return { ...message, headers: { ...headers, [SIGNED_HEADERS]: names.join(',') } }
}

export const facts: ProviderFacts = {
  title: 'Contentful',
  docs: [
    'https://www.contentful.com/developers/docs/extensibility/webhooks/request-verification/',
    'https://www.contentful.com/developers/docs/extensibility/webhooks/headers/',
    'https://www.contentful.com/developers/changelog/idempotency-key-headers-for-webhook-requests/',
    'https://www.contentful.com/developers/docs/webhooks/retry-policy/',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  retriedNote: 'the sources read speak of failures and name none',
  schedule: 'twice, 30 s apart; up to 99 times in about 24 h where the space has a retry policy',
  doubts: [
    'The 30 s of the deadline are inferred: see `deadlineSeconds`',
    'Users saw no retry after an answer, whatever its status, only where none came',
    'The toolkit encodes path and query before it signs them, Contentful’s examples do not: both count',
  ],
}
