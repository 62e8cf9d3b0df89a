import { echo } from '../challenges/echo.ts'
import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { encodeUtf8, equalText } from '../lib/bytes.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import { listOf } from '../lib/list-of.ts'
import { readMember } from '../lib/member.ts'
import { keyring, secretDigest } from '../lib/secrets.ts'
import { defineProvider, first, member, type ProviderFacts } from '../provider.ts'
import type {
  Extractable,
  OutgoingMessage,
  Provider,
  Scheme,
  SecretSource,
  SecretValue,
  Verified,
} from '../types.ts'

export interface MicrosoftGraphOptions {
  /**
   * The `clientState` of the subscriptions: one, several, or a function of the request. Each notification
   * of a delivery has to hold one of them.
   */
  readonly secret: SecretSource | undefined
  /** What Microsoft documented in 2023. @default 3 */
  readonly deadlineSeconds?: number
}

/**
 * Microsoft Graph change notifications. Nothing is signed: each notification repeats the `clientState` of
 * its subscription, and a delivery brings those of several. The type is `created`, `updated`, `deleted`, or
 * the lifecycle event, `reauthorizationRequired`. The tokens that come with rich notifications
 * (`validationTokens`) are left to you, and so is renewing subscriptions before they expire. A notification
 * without an id is never taken for a duplicate, as the next change of its resource reads the same.
 *
 * @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function microsoftGraph(options: MicrosoftGraphOptions): Provider {
  const { secret, deadlineSeconds = 3 } = options
  return defineProvider({
    name: 'microsoft-graph',
    verify: clientState(secret),
    challenges: [
      // Sent by POST, in the query, and without a body.
      echo({ query: 'validationToken', method: 'POST', form: 'phrase' }),
    ],
    event: {
      items: notifications,
      type: first(member('changeType'), member('lifecycleEvent')),
      // Its id is optional, and without one two changes of a resource read the same.
      id: first(idOf, arrivalId()),
    },
    acknowledge: { deadlineSeconds },
  })
}

const notifications = listOf('value')
const subscription = member('subscriptionId')
const notification = member('id')

function idOf(event: Extractable): string | undefined {
  const id = notification(event)
  return id && `${subscription(event)}:${id}`
}

/** A shared secret that is in every item of the batch, and may be another one in each. */
function clientState(secret: SecretSource | undefined): Scheme {
  const keys = keyring(secret, (value) => ({
    text: toText(value),
    digest: () => secretDigest(value),
  }))

  async function check(delivery: Delivery): Promise<Verified> {
    const known = await keys.find(delivery)
    const digests: string[] = []
    for (const key of known) digests.push(await key.digest())
    let found: number | undefined
    for (const item of notifications(delivery.payload)) {
      const place = await placeOf(readMember(item, ['clientState']), digests)
      found ??= place
    }
    if (found === undefined) throw missing()
    return { secret: found }
  }

  return {
    name: 'client-state',
    headers: [],
    applies: ({ method }) => method === 'POST' && 'in-body',
    open: () => check,
    sign: (message) => withState(message, keys.current().text),
  }
}

async function placeOf(state: unknown, digests: readonly string[]): Promise<number> {
  if (typeof state !== 'string' || state === '') throw missing()
  const digest = await secretDigest(state)
  const place = digests.findIndex((other) => equalText(digest, other))
  if (place >= 0) return place
  throw new WebhookError('ERR_CREDENTIAL_MISMATCH', 'A clientState is another one')
}

const missing = () =>
  new WebhookError('ERR_CREDENTIAL_MISSING', 'A notification comes without a clientState')

const toText = (secret: SecretValue) =>
  typeof secret === 'string' ? secret : new TextDecoder().decode(secret)

function withState(message: OutgoingMessage, state: string): OutgoingMessage {
  const payload = JSON.parse(new TextDecoder().decode(message.body)) as { value: object[] }
  const value = payload.value.map((item) => ({ ...item, clientState: state }))
  return { ...message, body: encodeUtf8(JSON.stringify({ ...payload, value })) }
}

export const facts: ProviderFacts = {
  title: 'Microsoft Graph change notifications',
  docs: [
    'https://learn.microsoft.com/graph/change-notifications-delivery-webhooks',
    'https://learn.microsoft.com/graph/change-notifications-lifecycle-events',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'several times for up to 4 h',
  disables:
    'More than 10 % of 100 answers slower than 2.9 s delay notifications, more than 15 % drop them',
  doubts: ['The deadline is from a page of 2023: see `deadlineSeconds`'],
}
