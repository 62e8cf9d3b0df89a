import { configurationError, WebhookError } from '../errors.ts'
import type { Engine, InboxRecord, PushedWork, PushSide, PutOptions } from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { KeyStore } from '../inbox/keys.ts'
import type { InboxOptions } from '../inbox/options.ts'
import {
  createGoogleApi,
  failure,
  isSuccess,
  type GoogleApi,
  type GoogleApiOptions,
} from '../lib/google-rest.ts'
import { readMember } from '../lib/member.ts'
import { positive } from '../lib/options.ts'
import type { Provider } from '../types.ts'
import { fromBase64, toBase64 } from './lib/base64.ts'
import { named } from './lib/engine-options.ts'
import { PACKED_HEAD_BYTES, packRecord, unpackRecord } from './lib/packed-record.ts'
import { workSecondsWithin } from './lib/push-deadline.ts'

export interface PubSubOptions extends InboxOptions, GoogleApiOptions {
  /** Where deliveries are stored: `projects/my-project/topics/my-topic`. Only what may be worked on may publish there. */
  readonly topic: string
  /**
   * How the subscription of the topic calls `consumer()`: `googlePubsubPush({ audience, serviceAccountEmail,
   * deadlineSeconds })`, with the deadline that is set there. The payload is wrapped.
   */
  readonly push: Provider
  /**
   * Where what is given up is published. It needs a subscription, or nothing is kept there; take the same for the
   * dead-letter policy of the subscription. `inbox.replay({ records: [recordOf(message)] })` puts it back to work.
   */
  readonly deadTopic: string
  /** Tells duplicates, which Pub/Sub does not; `false` if your effects may see an event twice. */
  readonly keys: KeyStore | false
  /** Whether the subscription has message ordering. The `order` of the inbox needs it. @default false */
  readonly ordered?: boolean
  /**
   * Seconds after which a message that still fails is given up. Below the retention of the subscription, after
   * which Pub/Sub deletes it. @default 518400, 6 days, of the 7 that are the default there
   */
  readonly giveUpSeconds?: number
}

const ORIGIN = 'https://pubsub.googleapis.com'
const MAX_DEADLINE_SECONDS = 600
const DEFAULT_DEADLINE_SECONDS = 10
/** Of a message and of a request to publish; the request holds the message in base64. */
const MAX_REQUEST_BYTES = 10_000_000
const MAX_BODY_BYTES = Math.floor((MAX_REQUEST_BYTES * 3) / 4) - 2 * PACKED_HEAD_BYTES
/** The values of attributes and ordering keys are 1024 bytes at most, and a UTF-16 unit is three at most. */
const MAX_TEXT = 341

/**
 * An inbox in a topic of Google Cloud Pub/Sub. Its push subscription calls `consumer()`, where the work is done
 * within the call: for platforms that freeze between requests, as Cloud Run. Over REST, without a client library.
 *
 * Attempts are counted by `keys`; without them by Pub/Sub, roughly, and only if the subscription has a dead-letter
 * policy: else what fails is tried until `giveUpSeconds`. Let the policy allow far more of them than `attempts`, as
 * calls that reach nobody, or find another at work, count too; then the inbox gives up first, with a reason. When it
 * is tried again is up to the subscription.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @see https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 * @see https://docs.cloud.google.com/pubsub/quotas#resource_limits
 * @see https://docs.cloud.google.com/pubsub/docs/push
 * @example
 * const inbox = pubsub({ topic, deadTopic, keys, push: googlePubsubPush({ audience, serviceAccountEmail }) })
 * mount({ '/github': createWebhookHandler({ provider, inbox, on }), '/work': inbox.consumer() })
 */
export function pubsub(options: PubSubOptions): EngineInbox {
  return createInbox(new PubSubEngine(options), options)
}

/**
 * The record in a message of the topics, as a client library or `gcloud pubsub subscriptions pull --format=json` gives
 * it: in bytes, or in base64.
 *
 * @throws {WebhookError} `ERR_BODY_MALFORMED` for what no inbox published
 */
export function recordOf({ data }: { readonly data: unknown }): InboxRecord {
  const bytes = typeof data === 'string' ? fromBase64(data) : data
  if (bytes instanceof Uint8Array) {
    // The body is cut out by `slice`, which does not copy in a Buffer.
    return unpackRecord(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
  throw new WebhookError('ERR_BODY_MALFORMED', 'What was pushed is no wrapped message with data')
}

class PubSubEngine implements Engine {
  readonly name = 'pubsub'
  readonly capabilities: Engine['capabilities']
  readonly push: PushSide
  readonly #api: GoogleApi
  readonly #topic: string
  readonly #deadTopic: string
  readonly #giveUpMs: number

  constructor(options: PubSubOptions) {
    const { push: provider, ordered = false } = options
    this.#topic = topicName('topic', options.topic)
    this.#deadTopic = topicName('deadTopic', options.deadTopic)
    if (this.#topic === this.#deadTopic) {
      throw configurationError('ERR_OPTION_INVALID', 'deadTopic is another one than topic')
    }
    this.#giveUpMs = positive('giveUpSeconds', options.giveUpSeconds, 6 * 86_400) * 1000
    this.#api = createGoogleApi(ORIGIN, options)
    this.push = { provider, decode: (payload) => this.#decode(payload) }
    const { deadlineSeconds = DEFAULT_DEADLINE_SECONDS } = provider.acknowledge ?? {}
    this.capabilities = {
      durable: 'replicated',
      dedupe: { windowSeconds: 0, tells: false },
      maxBytes: MAX_BODY_BYTES,
      retryAfter: 'none',
      maxRunSeconds: workSecondsWithin(Math.min(deadlineSeconds, MAX_DEADLINE_SECONDS)),
      order: ordered,
    }
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async put(record: InboxRecord, { signal }: PutOptions = {}): Promise<'stored'> {
    const { order } = record
    const ordering = order === undefined ? {} : { orderingKey: order.slice(0, MAX_TEXT) }
    await this.#publish(this.#topic, { ...toMessage(record), ...ordering }, signal)
    return 'stored'
  }

  /** There are no names: it is published once more. */
  async putBack(record: InboxRecord): Promise<void> {
    await this.put(record)
  }

  async bury(record: InboxRecord, reason: string): Promise<void> {
    const { data, attributes } = toMessage(record)
    await this.#publish(this.#deadTopic, {
      data,
      attributes: { ...attributes, reason: reason.slice(0, MAX_TEXT), at: String(Date.now()) },
    })
  }

  async #publish(topic: string, message: object, signal?: AbortSignal): Promise<void> {
    const answer = await this.#api.post(`/v1/${topic}:publish`, { messages: [message] }, signal)
    const id = readMember(answer.body, ['messageIds', '0'])
    if (!isSuccess(answer) || typeof id !== 'string' || id === '') throw failure('Pub/Sub', answer)
  }

  #late(): string {
    return `It was published more than ${this.#giveUpMs / 1000} s ago, and still not done`
  }

  #decode(payload: unknown): PushedWork {
    const read = (...path: string[]) => readMember(payload, path)
    const record = recordOf({ data: read('message', 'data') })
    const published = Date.parse(String(read('message', 'publishTime')))
    const counted = read('deliveryAttempt')
    const number = typeof counted === 'number' ? Math.max(1, counted) : 1
    // Later Pub/Sub would delete it.
    const late = Date.now() - published > this.#giveUpMs
    return { record, attempt: { number, ...(late && { givenUp: this.#late() }) } }
  }
}

/** What counts is in the data. The attributes are for filters, and for those who look into the topic. */
function toMessage(record: InboxRecord) {
  const { key, endpoint, receivedAt } = record
  const attributes = { key, endpoint: endpoint.slice(0, MAX_TEXT), receivedAt: String(receivedAt) }
  return { data: toBase64(packRecord(record)), attributes }
}

const topicName = (option: string, value: string | undefined) =>
  named(
    option,
    value,
    /^projects\/[^/\s?#]+\/topics\/[^/\s?#]+$/,
    '"projects/PROJECT/topics/TOPIC"',
  )
