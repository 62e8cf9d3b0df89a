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
  startApi,
  type Answer,
  type ApiCall,
  type FakeApi,
  type Target,
} from './google-fakes.ts'

export const TOPIC = 'projects/my-project/topics/inbox'
export const DEAD_TOPIC = 'projects/my-project/topics/dead'
const SUBSCRIPTION = 'projects/my-project/subscriptions/inbox'
const ACKNOWLEDGING = new Set([102, 200, 201, 202, 204])
const AGAIN_MS = 20
const AT_ONCE = 8

export interface Message {
  readonly data?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly orderingKey?: string
}

interface Entry {
  readonly message: Message
  readonly id: string
  readonly publishTime: string
  attempts: number
  due: number
  busy: boolean
}

export interface FakePubSub extends FakeApi, Target {
  readonly topics: Readonly<Record<string, Message[]>>
  /** The answers to the pushes. */
  readonly answers: number[]
  /** Makes messages look as old as this, in milliseconds. */
  age: number
  readonly waiting: () => number
}

export async function startPubSub(): Promise<FakePubSub> {
  const topics: Record<string, Message[]> = { [TOPIC]: [], [DEAD_TOPIC]: [] }
  const entries: Entry[] = []
  const answers: number[] = []
  const active = new Set<Promise<void>>()
  let target: string | undefined
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
    pump()
    return { status: 200, body: { messageIds } }
  }

  function pump(): void {
    for (const entry of entries) {
      if (target === undefined || active.size >= AT_ONCE) return
      if (entry.busy || entry.due > performance.now() || isBehind(entry)) continue
      entry.busy = true
      const pushing = push(entry, target).finally(() => {
        active.delete(pushing)
        pump()
      })
      active.add(pushing)
    }
  }
  const isBehind = (entry: Entry) => {
    const { orderingKey } = entry.message
    const first = entries.find(({ message }) => message.orderingKey === orderingKey)
    return orderingKey !== undefined && first !== entry
  }

  async function push(entry: Entry, url: string): Promise<void> {
    entry.attempts++
    const { message, id, publishTime } = entry
    const status = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: identity() },
      body: JSON.stringify({
        deliveryAttempt: entry.attempts,
        message: {
          ...message,
          messageId: id,
          message_id: id,
          publishTime,
          publish_time: publishTime,
        },
        subscription: SUBSCRIPTION,
      }),
    }).then(
      (response) => response.status,
      () => 0,
    )
    answers.push(status)
    entry.busy = false
    if (ACKNOWLEDGING.has(status)) entries.splice(entries.indexOf(entry), 1)
    else entry.due = performance.now() + AGAIN_MS
  }

  const ticking = setInterval(pump, 5)
  const api = await startApi(publish)
  const fake: FakePubSub = {
    ...api,
    topics,
    answers,
    age: 0,
    waiting: () => entries.length,
    async callTo(url) {
      target = url
      pump()
      // One that stops has its answers taken first.
      if (url === undefined) await Promise.all(active)
    },
    async close() {
      clearInterval(ticking)
      await api.close()
    },
  }
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
