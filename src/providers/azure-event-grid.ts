import { cloudevents } from '../challenges/cloudevents.ts'
import { echo } from '../challenges/echo.ts'
import { withCredential } from '../lib/with-credential.ts'
import {
  defineProvider,
  first,
  header,
  member,
  number,
  time,
  type ProviderFacts,
} from '../provider.ts'
import { sharedSecret, type SharedSecretPlace } from '../schemes/shared-secret.ts'
import type { Extractable, Provider, Scheme, SecretSource } from '../types.ts'

export type AzureEventGridOptions = (
  | {
      /** What you put into the URL or a header: one, several while rotating, or a function. */
      readonly secret: SecretSource | undefined
      /** Where it is. @default the query parameter `code` */
      readonly secretIn?: SharedSecretPlace
    }
  | {
      /** Another scheme, for the tokens of Microsoft Entra. */
      readonly verify: Scheme
    }
) & {
  /** The event subscriptions that may be validated, by name in any case. @default any */
  readonly allowedSubscriptions?: readonly string[]
  /** Who may ask for the CloudEvents handshake. @default eventgrid.azure.net */
  readonly allowedOrigins?: readonly string[] | '*'
  /** Requests a minute that handshake allows at most. @default 1000 */
  readonly ratePerMinute?: number
  /** What `aeg-delivery-count` is in the first attempt, which is inferred. @default 0 */
  readonly firstAttempt?: 0 | 1
}

/**
 * Azure Event Grid, in its own schema and in CloudEvents. Nothing is signed and the `aeg-` headers prove
 * nothing, so the URL or a header holds a secret, which both handshakes have to bring too. URLs end up in
 * access logs: keep that parameter out of yours. The type is `eventType`,
 * `Microsoft.Storage.BlobCreated`, or the CloudEvents type.
 *
 * @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function azureEventGrid(options: AzureEventGridOptions): Provider {
  const {
    allowedOrigins = ['eventgrid.azure.net'],
    ratePerMinute = 1000,
    firstAttempt = 0,
  } = options
  const verify = schemeOf(options)
  return defineProvider({
    name: 'azure-event-grid',
    verify,
    challenges: [
      validation(options.allowedSubscriptions),
      withCredential(cloudevents({ allowedOrigins, ratePerMinute }), verify),
    ],
    event: {
      items: toItems,
      type: first(member('eventType'), member('type')),
      id: idOf,
      timestamp: time('iso', first(member('eventTime'), member('time'))),
      attempt: number(header('aeg-delivery-count'), 1 - firstAttempt),
    },
    acknowledge: { deadlineSeconds: 30 },
  })
}

function schemeOf(options: AzureEventGridOptions): Scheme {
  if ('verify' in options) return options.verify
  return sharedSecret({ ...(options.secretIn ?? { query: 'code' }), secret: options.secret })
}

/** The event by which a subscription is validated; 202 would not do as an answer. */
function validation(allowed: readonly string[] | undefined) {
  const names = allowed?.map((name) => name.toLowerCase())
  return echo({
    member: '0.data.validationCode',
    when: { '0.eventType': 'Microsoft.EventGrid.SubscriptionValidationEvent' },
    as: { member: 'validationResponse' },
    accepts: (_code, { headers }) =>
      names?.includes((headers.get('aeg-subscription-name') ?? '').toLowerCase()) ?? true,
  })
}

const eventId = member('id')
const origin = first(member('topic'), member('source'))

/** Publishers of custom topics make ids up themselves, so they are unique in their topic only. */
function idOf(event: Extractable): string | undefined {
  const id = eventId(event)
  return id && [origin(event), id].filter(Boolean).join(' ')
}

/** Always a list in Event Grid's own schema, in CloudEvents only a batch. */
const toItems = (payload: unknown) => (Array.isArray(payload) ? payload : [payload])

export const facts: ProviderFacts = {
  title: 'Azure Event Grid',
  docs: [
    'https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema',
    'https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema',
    'https://learn.microsoft.com/azure/event-grid/delivery-and-retry',
  ],
  checked: '2026-07',
  delivered: [200, 201, 202, 203, 204],
  retriedOn: ['else'],
  schedule:
    'after 10 s, 30 s, 1, 5, 10 and 30 min, 1 h, then hourly to 24 h; after 401, 403 or 404 first after 5 min, after 408 after 2 min, after 503 after 30 s',
  stops: '400 or 413, where there is a dead-letter location',
  disables: 'New deliveries to an endpoint that fails are held back, up to hours',
  doubts: [
    'That `aeg-delivery-count` counts attempts from 0 is inferred: see `firstAttempt`',
    'The documentation has the deliveries carry `Origin`, the CloudEvents specification `WebHook-Request-Origin`: neither is asked for',
  ],
}
