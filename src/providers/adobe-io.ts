import { echo } from '../challenges/echo.ts'
import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { addressedTo } from '../lib/addressed-to.ts'
import { createKeyDirectory, type DownloadSettings } from '../lib/key-directory.ts'
import { readMember } from '../lib/member.ts'
import { pinnedUrl } from '../lib/pinned-url.ts'
import { pemText } from '../lib/published-keys.ts'
import { checkedPem, withPublishedKeys } from '../lib/with-published-keys.ts'
import { defineProvider, first, header, member, number, time } from '../provider.ts'
import type { ProviderFacts } from '../provider.ts'
import { firstPassing } from '../schemes/first-passing.ts'
import { rsa } from '../schemes/rsa.ts'
import type { Awaitable, Challenge, Provider, Scheme, SecretValue } from '../types.ts'

export interface AdobeIoOptions {
  /**
   * The client id (API key) of the credential, or those of several: Adobe signs for all of its customers
   * with the same keys, so what is meant for another client is refused.
   */
  readonly clientId: string | readonly string[] | undefined
  /**
   * The host that has the keys. Adobe's older library takes them from adobeioevents.com.
   *
   * @default static.adobeioevents.com
   */
  readonly keyHost?: string
  /** Whether a list brings an event for each of its members, which is inferred. @default true */
  readonly splitLists?: boolean
  /**
   * Takes the URL of the second validation, which Adobe sends if the first, by GET, was not answered. Have it
   * called by GET within 5 minutes, and not before Adobe has its answer: store it, or show it to a person. It
   * proves that this endpoint is yours to whoever registered it. Without this it is refused.
   */
  readonly onValidationUrl?: (url: string) => Awaitable<void>
  /** How the keys are downloaded. */
  readonly download?: DownloadSettings
}

/**
 * Adobe I/O Events: two RSA signatures (SHA-256), in `X-Adobe-Digital-Signature-1` and `-2`, of which one
 * that passes is enough, with keys from Adobe's host at the path a header names. The type is the `@type` of
 * the event, or the `type` of a CloudEvent. Adobe waits 10 s and only repeats after 429 and 5xx.
 *
 * @see https://developer.adobe.com/events/docs/guides/
 * @throws {TypeError} `ERR_OPTION_INVALID` without a client id
 */
export function adobeIo(options: AdobeIoOptions): Provider {
  const { clientId, keyHost = 'static.adobeioevents.com', splitLists = true } = options
  const { onValidationUrl, download } = options
  const clients = [clientId ?? []].flat()
  if (clients.length === 0 || clients.some((id) => typeof id !== 'string' || !id.trim())) {
    throw configurationError('ERR_OPTION_INVALID', 'adobeIo() takes the client id, as clientId')
  }
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(keyHost)) {
    throw configurationError('ERR_OPTION_INVALID', 'keyHost is the name of a host')
  }
  return defineProvider({
    name: 'adobe-io',
    verify: addressedTo(signatures(keyHost, download), (delivery) => isFor(clients, delivery)),
    challenges: [
      echo({ query: 'challenge' }),
      ...(onValidationUrl ? [validationUrl(onValidationUrl)] : []),
    ],
    event: {
      items: splitLists ? itemsOf : (payload) => [payload],
      type: first(member('event.@type'), member('@type'), member('type')),
      id: first(member('event_id'), member('id'), member('@id')),
      timestamp: time(
        'iso',
        first(
          member('event.activitystreams:published'),
          member('activitystreams:published'),
          member('time'),
        ),
      ),
      attempt: number(header('x-adobe-retry-count'), 1),
    },
    acknowledge: { deadlineSeconds: 10 },
  })
}

const VALIDATION_URLS = {
  hosts: ['csm.adobe.io'],
  path: /\/csm\/registrations\/validate/,
  query: true,
}

/** Comes unsigned, so that anyone can send one: no more is made of it than a URL of Adobe. */
function validationUrl(take: (url: string) => Awaitable<void>): Challenge {
  return {
    name: 'validation-url',
    method: 'POST',
    signed: false,
    inBody: true,
    async answer({ payload }) {
      const found = readMember(payload, ['validationUrl'])
      if (found === undefined) return undefined
      const url = pinnedUrl(found, VALIDATION_URLS)
      if (url === undefined) {
        throw new WebhookError('ERR_CHALLENGE_REFUSED', 'The validationUrl is none of Adobe')
      }
      await take(url)
      return { status: 200, headers: {}, body: null }
    },
  }
}

function signatures(host: string, download: DownloadSettings | undefined): Scheme {
  const directory = createKeyDirectory<SecretValue>({
    ...download,
    urls: { hosts: [host], path: /\/\w+\/keys\/[\w-]+\.pem/ },
    parse: pemText(checkedPem('rsa')),
    // The path names the key: what is not there yet may be the next one, and a refusal would be final.
    absence: 'confirmed',
  })
  const schemes = [1, 2].map((place) => {
    const keyPath = `x-adobe-public-key${place}-path`
    const scheme = withPublishedKeys({
      directory,
      // Without the slash of a path it could name another host: `@example.com`, `.example.com`.
      query: ({ headers }) => ({ url: `https://${host}${headers.get(keyPath) ?? ''}` }),
      create: (key) =>
        rsa({
          publicKey: key,
          header: [`x-adobe-digital-signature-${place}`, `x-adobe-digital-signature${place}`],
        }),
    })
    return { ...scheme, headers: [...scheme.headers, keyPath] }
  })
  return firstPassing({ keys: 'shared', schemes })
}

const itemsOf = (payload: unknown): readonly unknown[] =>
  Array.isArray(payload) ? payload : [payload]

/** The docs and the libraries spell it in one way, CloudEvents in the other. */
const RECIPIENT = ['recipient_client_id', 'recipientclientid']

function isFor(clients: readonly string[], { payload }: Delivery): boolean {
  return itemsOf(payload).every((event) => {
    const named = RECIPIENT.map((name) => readMember(event, [name])).filter(
      (id) => id !== undefined,
    )
    return named.length > 0 && named.every((id) => clients.includes(id as string))
  })
}

export const facts: ProviderFacts = {
  title: 'Adobe I/O Events',
  docs: ['https://developer.adobe.com/events/docs/guides/'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [429, '5xx'],
  givenUpOn: [505, '3xx', '4xx'],
  schedule: 'after 1, 2, 4, 8 and 15 min, then every 15 min, for 24 h',
  disables: '80 % of at least 10 attempts in 24 h that fail',
  doubts: [
    'The older library takes the keys from adobeioevents.com, the docs from static.adobeioevents.com: see `keyHost`',
    'The second validation, a POST with a `validationUrl`, is complete only once that is called after the answer, which is not done here: see `onValidationUrl`',
    'That a batch is a list of events, each with its recipient, is inferred: see `splitLists`',
  ],
}
