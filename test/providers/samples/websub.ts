import { websub, type SubscriptionRequest } from 'webhook-target/providers/websub'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const pending: readonly SubscriptionRequest[] = []
const feed = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'

export const samples = [
  defineSample({
    provider: websub({ secret: SECRET, pending }),
    stranger: websub({ secret: OTHER_SECRET, pending }),
    message: { headers: { 'content-type': 'application/atom+xml' }, body: feed },
    event: { type: 'webhook', id: undefined, data: feed },
  }),
]

export const vectors: VectorPreset = {
  keys: ['topics', 'pending'],
  create({ secret = 'no part of this vector', config }) {
    const topics = (config['topics'] ?? []) as readonly string[]
    const modes = (config['pending'] ?? ['subscribe']) as readonly SubscriptionRequest['mode'][]
    return websub({
      secret,
      pending: topics.flatMap((topic) => modes.map((mode) => ({ mode, topic }))),
    })
  },
}
