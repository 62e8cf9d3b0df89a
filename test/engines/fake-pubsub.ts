/**
 * Pub/Sub as far as the engine uses it: publishing by REST with its limits, and a push subscription with a
 * dead-letter policy, so that attempts are counted. What is not acknowledged comes again; with an ordering key
 * nothing overtakes.
 *
 * https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 */
import {
  apiError,
  identity,
  startQueue,
  type Answer,
  type ApiCall,
  type FakeQueue,
  type Waiting,
} from './google-fakes.ts'

export const TOPIC = 'projects/my-project/topics/inbox'
export const DEAD_TOPIC = 'projects/my-project/topics/dead'
const SUBSCRIPTION = 'projects/my-project/subscriptions/inbox'
const ACKNOWLEDGING = new Set([102, 200, 201, 202, 204])

export interface Message {
  readonly data?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly orderingKey?: string
}

interface Entry extends Waiting {
  readonly message: Message
  readonly id: string
  readonly publishTime: string
  attempts: number
}

export interface FakePubSub extends FakeQueue {
  readonly topics: Readonly<Record<string, Message[]>>
  /** Makes messages look as old as this, in milliseconds. */
  age: number
}

export async function startPubSub(): Promise<FakePubSub> {
  const topics: Record<string, Message[]> = { [TOPIC]: [], [DEAD_TOPIC]: [] }
  const entries: Entry[] = []
  let count = 0

  function publish({ path, body }: ApiCall): Answer {
    const topic = /^\/v1\/(.+):publish$/.exec(path)?.[1] ?? ''
    const stored = Object.hasOwn(topics, topic) ? topics[topic] : undefined
    if (!stored) return apiError(404, 'NOT_FOUND', `Resource not found (resource=${topic}).`)
    const { messages } = body as { readonly messages: readonly Message[] }
    const fault = messages.map(faultOf).find((text) => text !== undefined)
    if (fault !== undefined) return apiError(400, 'INVALID_ARGUMENT', fault)
    const messageIds = messages.map((message) => {
      stored.push(message)
      const id = String(++count)
      const publishTime = new Date(Date.now() - fake.age).toISOString()
      if (topic === TOPIC) {
        entries.push({ message, id, publishTime, attempts: 0, due: 0, busy: false })
      }
      return id
    })
    return { status: 200, body: { messageIds } }
  }

  const isBehind = (entry: Entry) => {
    const { orderingKey } = entry.message
    const first = entries.find(({ message }) => message.orderingKey === orderingKey)
    return orderingKey !== undefined && first !== entry
  }

  function push(entry: Entry, url: string): Promise<Response> {
    entry.attempts++
    const { message, id, publishTime } = entry
    const ids = { messageId: id, message_id: id, publishTime, publish_time: publishTime }
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: identity() },
      body: JSON.stringify({
        deliveryAttempt: entry.attempts,
        message: { ...message, ...ids },
        subscription: SUBSCRIPTION,
      }),
    })
  }

  const queue = await startQueue<Entry>({
    answer: publish,
    living: () => entries,
    isBehind,
    call: push,
    settle(entry, status) {
      const isOver = ACKNOWLEDGING.has(status)
      if (isOver) entries.splice(entries.indexOf(entry), 1)
      return isOver
    },
  })
  const fake: FakePubSub = { ...queue, topics, age: 0 }
  return fake
}

/** https://docs.cloud.google.com/pubsub/quotas#resource_limits */
function faultOf({ data = '', attributes = {}, orderingKey = '' }: Message): string | undefined {
  const fields = Object.entries(attributes)
  const bytes = Buffer.from(data, 'base64')
  if (bytes.toString('base64') !== data) return 'Invalid data: not base64'
  if (data === '' && fields.length === 0) return 'Some messages are empty'
  if (bytes.length > 10_000_000) return 'Request payload size exceeds the limit'
  if (fields.length > 100) return 'Too many attributes'
  const long = fields.some(([name, text]) => Buffer.byteLength(name) > 256 || tooLong(text))
  return long || tooLong(orderingKey) ? 'Too long' : undefined
}
const tooLong = (text: string) => Buffer.byteLength(text) > 1024
