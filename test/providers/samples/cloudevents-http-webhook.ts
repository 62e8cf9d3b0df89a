import { cloudeventsHttpWebhook } from 'webhook-target/providers/cloudevents-http-webhook'
import { defineSample, type VectorPreset } from '../sample.ts'

const time = '2023-11-14T22:13:19Z'
const event = { type: 'a.b', id: '/source 1', timestamp: 1_699_999_999_000 }
const structured = { specversion: '1.0', id: '1', source: '/source', type: 'a.b', time }
const allowedOrigins = ['events.example.com']
const common = {
  provider: cloudeventsHttpWebhook({ secret: 'a-token', allowedOrigins }),
  stranger: cloudeventsHttpWebhook({ secret: 'another-token', allowedOrigins }),
  coversBody: false,
}

export const samples = [
  defineSample({
    ...common,
    message: {
      headers: { 'content-type': 'application/cloudevents+json' },
      body: { ...structured, data: { a: 1 } },
    },
    event,
  }),
  defineSample({
    ...common,
    variant: 'binary',
    message: {
      headers: {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': '%2Fsource',
        'ce-type': 'a.b',
        'ce-time': time,
      },
      body: { type: 'of the data' },
    },
    event: { ...event, data: { type: 'of the data' } },
  }),
  defineSample({
    ...common,
    variant: 'a batch',
    message: {
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: [structured],
    },
    event,
  }),
]

export const vectors: VectorPreset = {
  keys: ['allowedOrigins'],
  create: ({ secret, config }) =>
    cloudeventsHttpWebhook({ secret, allowedOrigins: config['allowedOrigins'] ?? '*' }),
}
