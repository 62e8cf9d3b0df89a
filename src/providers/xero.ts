import { listOf } from '../lib/list-of.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Extractor, Provider, SecretSource } from '../types.ts'

export interface XeroOptions {
  /** The webhooks key, as text: it looks like base64 and is not decoded. */
  readonly secret: SecretSource | undefined
}

/** What the check of the URL is called, which brings no events. */
const INTENT_TO_RECEIVE = 'intent-to-receive'

/**
 * Xero: base64 HMAC-SHA256 in `X-Xero-Signature`. A delivery brings several events, of type `INVOICE` with
 * what happened below it, `INVOICE.UPDATE`. Xero waits 5 s and wants 200 with an empty body, so don't
 * answer with `reply()`, and no cookie: keep sessions and sticky load balancers out of the way.
 *
 * Before it delivers, Xero sends deliveries without events, rightly signed (type `intent-to-receive`) and
 * wrongly, and wants exactly 401 for the latter.
 *
 * @see https://developer.xero.com/documentation/guides/webhooks/overview/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function xero({ secret }: XeroOptions): Provider {
  return defineProvider({
    name: 'xero',
    verify: hmac({ secret, header: 'x-xero-signature', encoding: 'base64' }),
    event: {
      items: toItems,
      type: first(member('eventCategory'), () => INTENT_TO_RECEIVE),
      subtype: member('eventType'),
      id: idOf,
      timestamp: time('iso', happenedAt),
    },
    acknowledge: { deadlineSeconds: 5, refusedStatus: 401 },
  })
}

const listed = listOf('events')

function toItems(payload: unknown): readonly unknown[] {
  const events = listed(payload)
  return events.length > 0 ? events : [payload]
}

const IDENTITY = ['tenantId', 'resourceId', 'eventType', 'eventDateUtc'].map(member)

function idOf(event: Extractable): string | undefined {
  const parts = IDENTITY.map((read) => read(event))
  return parts.includes(undefined) ? undefined : parts.join(':')
}

/** Written without the `Z` that it means. */
const happenedAt: Extractor = (event) =>
  member('eventDateUtc')(event)?.replace(/(T[\d:.]+)$/, '$1Z')

export const facts: ProviderFacts = {
  title: 'Xero',
  docs: [
    'https://developer.xero.com/documentation/guides/webhooks/overview/',
    'https://developer.xero.com/documentation/webhooks/configuring-your-server',
  ],
  checked: '2026-07',
  delivered: [200],
  deliveredNote: 'with an empty body and no cookie',
  retriedOn: ['else'],
  schedule: 'less and less often for 24 h',
  disables: '24 h of failures',
  doubts: [
    'That the key is taken as text, though it looks like base64, is from code that is in use',
  ],
}
