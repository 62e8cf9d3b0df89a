import { configurationError } from '../errors.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { firstPassing } from '../schemes/first-passing.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export interface BoxOptions {
  /** The primary key of the application. */
  readonly primaryKey?: SecretSource | undefined
  /** The secondary key, which goes on being valid while the primary one is replaced. */
  readonly secondaryKey?: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 600, as Box says */
  readonly toleranceSeconds?: number | false
}

/**
 * Box webhooks (V2): base64 HMAC-SHA256 over body and time, by the primary and by the secondary key. Either
 * is enough, each in its own header field; `event.secret` is 0 for the primary key. At least one of them has to be
 * given. The type is `trigger`: `FILE.UPLOADED`.
 *
 * @see https://developer.box.com/guides/webhooks/v2/signatures-v2/
 * @throws {TypeError} `ERR_SECRET_EMPTY` without a key
 */
export function box(options: BoxOptions): Provider {
  return defineProvider({
    name: 'box',
    verify: labelled(firstPassing({ keys: 'own', schemes: schemesOf(options) })),
    event: {
      type: member('trigger'),
      id: member('id'),
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { deadlineSeconds: 30 },
  })
}

const VERSION = 'box-signature-version'
const ALGORITHM = 'box-signature-algorithm'
const LABELS = { [VERSION]: '1', [ALGORITHM]: 'HmacSHA256' } as const

function schemesOf({ primaryKey, secondaryKey, toleranceSeconds = 600 }: BoxOptions) {
  const header = 'box-delivery-timestamp'
  const signedBy = (secret: SecretSource, place: 'primary' | 'secondary') =>
    hmac({
      secret,
      header: `box-signature-${place}`,
      encoding: 'base64',
      content: '{body}{timestamp}',
      timestamp: { header, unit: 'iso', toleranceSeconds },
      accepts: ({ headers }) =>
        Object.entries(LABELS).every(([name, value]) => headers.get(name) === value),
    })
  if (primaryKey === undefined && secondaryKey === undefined)
    throw configurationError('ERR_SECRET_EMPTY', 'box() takes a primary or a secondary key')
  return [
    ...(primaryKey === undefined ? [] : [signedBy(primaryKey, 'primary')]),
    ...(secondaryKey === undefined ? [] : [signedBy(secondaryKey, 'secondary')]),
  ]
}

/** Box tells version and algorithm beside the signature. */
function labelled(scheme: Scheme): Scheme {
  return {
    ...scheme,
    headers: [...scheme.headers, VERSION, ALGORITHM],
    sign: (message, options) =>
      scheme.sign!({ ...message, headers: { ...message.headers, ...LABELS } }, options),
  }
}

export const facts: ProviderFacts = {
  title: 'Box',
  docs: [
    'https://developer.box.com/guides/webhooks/v2/',
    'https://developer.box.com/guides/webhooks/v2/signatures-v2/',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'up to 12 times in 2 h',
  disables:
    'Deleted, with the event `WEBHOOK.DELETED`, when the last success is 30 days old and more than 14 days older than the last trigger',
  doubts: [
    'V1 webhooks have no signature and are refused',
    'Of times in the future the SDKs take all or none: here as many seconds as of those in the past',
  ],
}
