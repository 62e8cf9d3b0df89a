import { configurationError, WebhookError } from '../errors.ts'
import { decode, decodeUtf8, EMPTY } from '../lib/bytes.ts'
import { readMember } from '../lib/member.ts'
import {
  defineProvider,
  first,
  header,
  member,
  number,
  time,
  type ProviderFacts,
} from '../provider.ts'
import { googleOidc, type GoogleOidcOptions } from '../schemes/google-oidc.ts'
import type { EventDescription, Extractor, Provider } from '../types.ts'

/** What Pub/Sub pushes. Its data is base64: `messageData` and `messageJson` read it. */
export interface PubSubPush {
  readonly message: PubSubMessage
  /** `projects/my-project/subscriptions/my-subscription` */
  readonly subscription: string
  /** From 1; only if the subscription has a dead-letter topic. */
  readonly deliveryAttempt?: number
}

export interface PubSubMessage {
  /** In base64; absent if the message has attributes only. */
  readonly data?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly messageId: string
  /** RFC 3339. */
  readonly publishTime: string
  readonly orderingKey?: string
}

export interface GooglePubSubPushOptions extends GoogleOidcOptions {
  /**
   * The attribute of your messages that tells what kind they are: `eventType` for those of Cloud Storage.
   *
   * @default none: the type is `message`
   */
  readonly typeAttribute?: string
  /** The acknowledgement deadline of the subscription in seconds, 10 to 600. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Google Cloud Pub/Sub, push subscriptions with authentication: an identity token of the service account that
 * is set there. The id is that of the message, the attempt is known where there is a dead-letter topic. Every
 * answer but 102, 200, 201, 202 and 204 has the message come again until it is too old: 400 and 401 too, so let
 * a dead-letter topic take what can't be worked on.
 *
 * With `payload: 'unwrapped'` the subscription has payload unwrapping: the data of the event is that of the
 * message. The id and the attributes are there only if metadata is written too; without it duplicates are known
 * by their content.
 *
 * @see https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @see https://docs.cloud.google.com/pubsub/docs/payload-unwrapping
 * @throws {TypeError} `ERR_OPTION_INVALID` without an audience or without a service account
 * @example
 * createWebhookHandler({
 *   provider: googlePubsubPush({ audience, serviceAccountEmail, typeAttribute: 'eventType' }),
 *   on: { OBJECT_FINALIZE: (event) => index(messageJson(event.data)) },
 * })
 */
export function googlePubsubPush(
  options: GooglePubSubPushOptions & { readonly payload?: 'wrapped' },
): Provider<Record<string, PubSubPush>>
export function googlePubsubPush(
  options: GooglePubSubPushOptions & { readonly payload: 'unwrapped' },
): Provider
export function googlePubsubPush(
  options: GooglePubSubPushOptions & { readonly payload?: 'wrapped' | 'unwrapped' },
): Provider {
  const { payload = 'wrapped', typeAttribute, deadlineSeconds = 10 } = options
  if (!Object.hasOwn(READ, payload)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'googlePubsubPush() takes payload "wrapped" or "unwrapped"',
    )
  }
  const { attribute, ...event } = READ[payload]
  return defineProvider({
    name: 'google-pubsub-push',
    verify: googleOidc(options),
    event: { type: typeAttribute ? attribute(typeAttribute) : () => 'message', ...event },
    acknowledge: { deadlineSeconds },
  })
}

/** Where things are, in either form. */
const READ: Readonly<
  Record<
    'wrapped' | 'unwrapped',
    EventDescription & { readonly attribute: (name: string) => Extractor }
  >
> = {
  wrapped: {
    attribute: (name) => (event) => {
      const value = readMember(event.payload, ['message', 'attributes', name])
      return typeof value === 'string' ? value : undefined
    },
    id: first(member('message.messageId'), member('message.message_id')),
    timestamp: time('iso', first(member('message.publishTime'), member('message.publish_time'))),
    attempt: number(member('deliveryAttempt')),
  },
  unwrapped: {
    attribute: header,
    id: header('x-goog-pubsub-message-id'),
    timestamp: time('iso', header('x-goog-pubsub-publish-time')),
  },
}

interface Pushed {
  readonly message: Pick<PubSubMessage, 'data'>
}

/**
 * The data of a pushed message; empty if it has attributes only.
 *
 * @throws {WebhookError} `ERR_BODY_MALFORMED`
 */
export function messageData({ message: { data } }: Pushed): Uint8Array {
  const bytes = data ? decode(data, 'base64') : EMPTY
  if (bytes) return bytes
  throw new WebhookError('ERR_BODY_MALFORMED', 'The data of the message is not base64')
}

/**
 * The data of a pushed message that holds JSON.
 *
 * @throws {WebhookError} `ERR_BODY_MALFORMED`
 */
export function messageJson(push: Pushed): unknown {
  const bytes = messageData(push)
  try {
    return JSON.parse(decodeUtf8(bytes))
  } catch {
    // Without a cause: the engine's message quotes the data.
    throw new WebhookError('ERR_BODY_MALFORMED', 'The data of the message is not JSON')
  }
}

export const facts: ProviderFacts = {
  title: 'Google Cloud Pub/Sub push',
  docs: [
    'https://cloud.google.com/pubsub/docs/push',
    'https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions',
    'https://docs.cloud.google.com/pubsub/docs/payload-unwrapping',
  ],
  checked: '2026-07',
  delivered: [102, 200, 201, 202, 204],
  retriedOn: ['else'],
  retriedNote: '203 and 206 too',
  schedule: 'until the message is too old, 7 days if nothing else is set',
  stops: 'a dead-letter topic, after as many attempts as are set there',
  doubts: [
    'The range of the acknowledgement deadline is inferred: see `deadlineSeconds`',
    'The names of the headers of unwrapped messages are taken from code that reads them; none is known for the attempt',
    'Without authentication in the subscription there is no token, and every push is refused',
  ],
}
