import { listOf } from '../lib/list-of.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface QuickBooksOptions {
  /** The verifier token of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is said by a third party. @default 3 */
  readonly deadlineSeconds?: number
}

/** An entity that changed, of the older payload, with the company it belongs to. */
export interface QuickBooksChange {
  readonly realmId: string
  /** `Customer`, `Invoice`. */
  readonly name: string
  readonly id: string
  /** `Create`, `Update`, `Delete`, `Merge`, `Void`, `Emailed`. */
  readonly operation: string
  readonly lastUpdated: string
}

/**
 * QuickBooks Online of Intuit: base64 HMAC-SHA256 in `Intuit-Signature`. A delivery brings the changes of
 * minutes, each of which becomes an event: a CloudEvent (`qbo.invoice.created.v1`), or of the older payload
 * a {@link QuickBooksChange} whose type is the entity, with `Invoice.Create` for an operation. Older changes
 * have no id and are known by their content. Intuit waits 3 s and delivers again three times.
 *
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function quickbooks({ secret, deadlineSeconds = 3 }: QuickBooksOptions): Provider {
  return defineProvider({
    name: 'quickbooks',
    verify: hmac({ secret, header: 'intuit-signature', encoding: 'base64' }),
    event: {
      items: toItems,
      type: first(member('type'), member('name')),
      subtype: member('operation'),
      id: idOf,
      timestamp: time('iso', first(member('time'), member('lastUpdated'))),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

/** Of a CloudEvent only: an older change names the entity by `id`, which all its changes share. */
function idOf(from: Extractable): string | undefined {
  return isCloudEvent(from.payload) ? member('id')(from) : undefined
}

const isCloudEvent = (payload: unknown) => readMember(payload, ['specversion']) !== undefined

function toItems(payload: unknown): readonly unknown[] {
  if (Array.isArray(payload)) return payload
  if (isCloudEvent(payload)) return [payload]
  return notificationsOf(payload).flatMap(changesOf)
}

const notificationsOf = listOf('eventNotifications')
const entitiesOf = listOf('dataChangeEvent.entities')

function changesOf(notification: unknown): readonly object[] {
  const realmId = readMember(notification, ['realmId'])
  return entitiesOf(notification).map((entity) => ({ realmId, ...(entity as object) }))
}

export const facts: ProviderFacts = {
  title: 'QuickBooks',
  docs: [
    'https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: '3 times: after 20, 30 and 50 min',
  stops: 'The third retry',
  doubts: [
    'The 3 s are from a third party: see `deadlineSeconds`',
    'The schedule is inferred; nothing here goes by it',
    'Intuit moves from its own payload to CloudEvents; both are taken, whatever the content type',
  ],
}
