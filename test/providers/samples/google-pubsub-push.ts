import { googlePubsubPush } from 'webhook-target/providers/google-pubsub-push'
import { fromVector, google, googlePair, stranger, VECTOR_KEYS } from '../google-keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { privateKey } = googlePair
const push = {
  message: {
    data: 'eyJraW5kIjoic3RvcmFnZSNvYmplY3QifQ==',
    attributes: { eventType: 'OBJECT_FINALIZE' },
    messageId: '2070443601311540',
    message_id: '2070443601311540',
    publishTime: '2023-11-14T22:13:19Z',
    publish_time: '2023-11-14T22:13:19Z',
  },
  subscription: 'projects/my-project/subscriptions/my-subscription',
  deliveryAttempt: 3,
}

export const samples = [
  defineSample({
    provider: googlePubsubPush({ ...google, typeAttribute: 'eventType' }),
    stranger: googlePubsubPush(stranger),
    privateKey,
    message: { body: push },
    event: {
      type: 'OBJECT_FINALIZE',
      id: '2070443601311540',
      timestamp: 1_699_999_999_000,
      attempt: 3,
      data: push,
    },
    coversBody: false,
  }),
  defineSample({
    variant: 'unwrapped',
    provider: googlePubsubPush({ ...google, payload: 'unwrapped', typeAttribute: 'eventType' }),
    stranger: googlePubsubPush({ ...stranger, payload: 'unwrapped' }),
    privateKey,
    message: {
      headers: {
        eventtype: 'OBJECT_FINALIZE',
        'x-goog-pubsub-subscription-name': push.subscription,
        'x-goog-pubsub-message-id': '2070443601311541',
        'x-goog-pubsub-publish-time': '2023-11-14T22:13:19Z',
      },
      body: { kind: 'storage#object' },
    },
    event: {
      type: 'OBJECT_FINALIZE',
      id: '2070443601311541',
      timestamp: 1_699_999_999_000,
      data: { kind: 'storage#object' },
    },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: VECTOR_KEYS,
  create: ({ config }) => googlePubsubPush(fromVector(config)),
}
