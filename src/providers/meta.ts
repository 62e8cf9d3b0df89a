import { hub } from '../challenges/hub.ts'
import { WebhookError } from '../errors.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface MetaOptions {
  /** The secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The token entered beside the URL, by which Meta's registration is known. */
  readonly verifyToken: SecretSource | undefined
  /** Meta states no figure that holds for all its products. @default 5 */
  readonly deadlineSeconds?: number
}

/** What an event of Meta holds: one change, or one messaging event, and the entry it came in. */
export interface MetaItem {
  /** `page`, `instagram`, `whatsapp_business_account`, `user` ... */
  readonly object: string
  readonly entry: { readonly id?: string; readonly time?: number }
  /** What changed, of a change: `feed`, `messages`. */
  readonly field?: string
  readonly value?: unknown
  /** A Messenger or Instagram messaging event. */
  readonly messaging?: Readonly<Record<string, unknown>>
}

/**
 * Facebook, Messenger, Instagram, WhatsApp and Threads: HMAC-SHA256 in `X-Hub-Signature-256`. The SHA-1
 * header beside it is not looked at. A delivery brings many changes, each of which becomes an event: the
 * type is object and field (`whatsapp_business_account.messages`, `page.feed`), or object and kind of
 * messaging event (`page.message`, `instagram.postback`), `event.data` is a {@link MetaItem}. Meta
 * delivers again for 36 hours and more, whole batches at a time.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function meta(options: MetaOptions): Provider<Record<string, MetaItem>> {
  const { secret, verifyToken, deadlineSeconds = 5 } = options
  return defineProvider<Record<string, MetaItem>>({
    name: 'meta',
    verify: hmac({ secret, header: 'x-hub-signature-256', prefix: 'sha256=' }),
    challenges: [hub({ verifyToken })],
    event: {
      items: toItems,
      type: typeOf,
      id: idOf,
      timestamp: timeOf,
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

type Json = Readonly<Record<string, unknown>>

function toItems(payload: unknown): readonly MetaItem[] {
  const { object, entry: entries } = asObject(payload)
  if (typeof object !== 'string' || !Array.isArray(entries)) throw malformed()
  return entries.flatMap((entry) => itemsOf(object, asObject(entry)))
}

function itemsOf(object: string, given: Json): readonly MetaItem[] {
  const { changes, messaging, standby, changed_fields: fields, ...entry } = given
  const items: readonly object[] = [
    ...asList(changes).map((change) => asObject(change)),
    ...asList(messaging).map((event) => ({ messaging: asObject(event) })),
    ...asList(standby).map((event) => ({ field: 'standby', messaging: asObject(event) })),
    ...asList(fields).map((field) => ({ field })),
  ]
  // An entry of a kind unknown here is an event all the same.
  const found = items.length > 0 ? items : [{ value: entry }]
  return found.map((item) => ({ object, entry, ...item }))
}

function typeOf({ payload }: Extractable): string {
  const { object, field, messaging } = payload as MetaItem
  const name = field ?? Object.keys(messaging ?? {}).find((key) => !SURROUNDINGS.has(key))
  return name === undefined ? object : `${object}.${name}`
}

/** What every messaging event has, whatever its kind. */
const SURROUNDINGS: ReadonlySet<string> = new Set(['sender', 'recipient', 'timestamp'])

/**
 * The id of a message, which its deletion and its echo share. Other kinds of item have no id of their own
 * (a reaction, a receipt name the message they are about) and are known by their content.
 */
function idOf({ payload }: Extractable): string | undefined {
  const { object, entry, field = '', value, messaging } = payload as MetaItem
  const message = readMember(messaging ?? value, ['message'])
  const id = readMember(message, ['mid'])
  const kind = ['is_deleted', 'is_echo'].filter((name) => readMember(message, [name]) === true)
  const found = typeof id === 'string' ? [id, ...kind] : whatsAppId(value)
  return found && [object, entry.id, field, ...found].join(':')
}

/** The id of the one message, or of the one status with the status: all statuses of a message share it. */
function whatsAppId(value: unknown): readonly string[] | undefined {
  const notices = ['messages', 'statuses'].flatMap((name) => asList(readMember(value, [name])))
  if (notices.length !== 1) return undefined
  const { id, status } = asObject(notices[0])
  if (typeof id !== 'string') return undefined
  return typeof status === 'string' ? [id, status] : [id]
}

/** Messaging events count milliseconds, entries seconds. */
function timeOf({ payload }: Extractable): number | undefined {
  const { entry, messaging } = payload as MetaItem
  const time = messaging?.['timestamp'] ?? entry.time
  if (typeof time !== 'number') return undefined
  return time < 1e11 ? time * 1000 : time
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function asObject(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw malformed()
}

const malformed = () =>
  new WebhookError('ERR_BODY_MALFORMED', 'The body is no list of entries, as Meta sends it')

export const facts: ProviderFacts = {
  title: 'Meta',
  docs: ['https://developers.facebook.com/docs/graph-api/webhooks/getting-started/'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'At once, then less often over 36 h; WhatsApp for up to 7 days',
  doubts: [
    'No deadline is published for all products: see `deadlineSeconds`',
    'The 7 days of WhatsApp are from a third party; nothing here goes by them',
  ],
}
