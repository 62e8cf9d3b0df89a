import { configurationError, WebhookError } from '../errors.ts'
import { concat, includesText } from '../lib/bytes.ts'
import { withHeader } from '../lib/credential.ts'
import { crypto, toMessage, type Chunk } from '../lib/crypto.ts'
import { keyring, secretBytes } from '../lib/secrets.ts'
import { signatureScheme } from '../lib/signature.ts'
import { defineProvider, member, number, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, Scheme, SecretSource } from '../types.ts'

export type HubSpotOptions = {
  /** The client secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Workflow webhooks, another product, have 30 s. @default 5 */
  readonly deadlineSeconds?: number
} & (
  | {
      /** The signature that counts, and the only one that is looked at. @default v3 */
      readonly version?: 'v3'
      /** Seconds to either side; `false` accepts any age. @default 300 */
      readonly toleranceSeconds?: number | false
    }
  /** Plain hashes without a time, for apps that get no `v3`: a delivery can be sent again for ever. */
  | { readonly version: 'v1' | 'v2' }
)

/**
 * HubSpot: base64 HMAC-SHA256 over method, URL, body and time in `X-HubSpot-Signature-v3`. The older
 * signatures beside it are not looked at, unless `version` chooses one. Set `publicUrl` of
 * `createWebhookHandler` to the URL that is entered at HubSpot, unless the host sees that very URL. A
 * delivery brings up to 100 events, whose type is `subscriptionType`, `contact.propertyChange`.
 *
 * @see https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` for an unknown version
 */
export function hubspot(options: HubSpotOptions): Provider {
  return defineProvider({
    name: 'hubspot',
    verify: schemeOf(options),
    event: {
      items: toItems,
      type: member('subscriptionType'),
      id: idOf,
      timestamp: time('ms', member('occurredAt')),
      attempt: number(member('attemptNumber'), 1),
    },
    acknowledge: { deadlineSeconds: options.deadlineSeconds ?? 5, refusedStatus: 401 },
  })
}

/* Verification ----------------------------------------------------------------------------------- */

function schemeOf(options: HubSpotOptions): Scheme {
  const { secret } = options
  if (options.version === undefined || options.version === 'v3') {
    const { toleranceSeconds = 300 } = options
    return hmac({
      secret,
      header: 'x-hubspot-signature-v3',
      encoding: 'base64',
      content: ({ method, url, body }, { timestamp }) =>
        spellingsOf(url).map((spelling) => [method, spelling, body, timestamp!]),
      timestamp: { header: 'x-hubspot-request-timestamp', unit: 'ms', toleranceSeconds },
    })
  }
  if (options.version === 'v1') return plainHash('v1', secret, '{body}')
  if (options.version === 'v2') return plainHash('v2', secret, '{method}{url}{body}')
  throw configurationError('ERR_OPTION_INVALID', 'hubspot() takes version "v1", "v2" or "v3"')
}

/** HubSpot documents that it signs the URL with these decoded; its own SDKs take the URL as it came. */
const DECODED = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

const spellingsOf = (url: string): readonly string[] => [
  ...new Set([url.replace(DECODED, decodeURIComponent), url]),
]

/** SHA-256 over the secret and the content, one after the other. */
function plainHash(version: string, secret: SecretSource | undefined, content: string): Scheme {
  const keys = keyring(secret, secretBytes)
  const digestOf = (key: Uint8Array, chunks: readonly Chunk[]) =>
    crypto.hash('sha256', concat([key, toMessage(chunks)]), 'hex')

  const scheme = signatureScheme(
    {
      header: 'x-hubspot-signature',
      content,
      // Whoever sees such a hash can extend what it is of, by a padding that holds zero bytes. JSON never does.
      accepts: ({ body }) => !body.includes(0),
    },
    {
      name: `hubspot-${version}`,
      keys,
      wellFormed: (signature) => signature.length === 64,
      async matches(key, chunks, signatures) {
        return includesText(signatures, await digestOf(key, chunks))
      },
      sign: (chunks) => digestOf(keys.current(), chunks),
    },
  )
  return {
    ...scheme,
    sign: (message, options) =>
      scheme.sign!(withHeader(message, 'x-hubspot-signature-version', version), options),
  }
}

/* Events ----------------------------------------------------------------------------------------- */

/** A list of events, or the one object of a workflow. */
function toItems(payload: unknown): readonly unknown[] {
  const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload]
  if (items.every(isObject)) return items
  throw new WebhookError('ERR_BODY_MALFORMED', 'The body is no list of events, as HubSpot sends it')
}

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)

/** HubSpot says that `eventId` alone may not be unique. `attemptNumber` is no part of it: it changes. */
const ID_PARTS = ['eventId', 'portalId', 'subscriptionId', 'objectId', 'occurredAt'].map(member)

function idOf(from: Extractable): string | undefined {
  const [eventId, ...rest] = ID_PARTS.map((part) => part(from))
  return eventId && [eventId, ...rest].join(':')
}

export const facts: ProviderFacts = {
  title: 'HubSpot',
  docs: [
    'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
    'https://developers.hubspot.com/changelog/introducing-version-3-of-webhook-signatures',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['4xx', '5xx', 'timeout', 'unreachable'],
  schedule: 'Up to 10 times over 24 h',
  doubts: [
    'An older text has it heed `Retry-After` beside a 429',
    'The page says that characters of the URL are decoded before it is signed, the SDKs do not: both count',
    'An older text excludes 400, 401, 403, 404 and 405 from the retries',
    'The deadline and the schedule are inferred: see `deadlineSeconds`',
  ],
}
