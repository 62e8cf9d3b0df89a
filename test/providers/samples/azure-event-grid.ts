import { azureEventGrid } from 'webhook-target/providers/azure-event-grid'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const time = '2023-11-14T22:13:19.0000000Z'
const provider = azureEventGrid({ secret: SECRET })
const stranger = azureEventGrid({ secret: OTHER_SECRET })

export const samples = [
  defineSample({
    provider,
    stranger,
    message: {
      headers: { 'aeg-delivery-count': '1' },
      body: [
        {
          id: 'e-1',
          topic: '/subscriptions/1',
          eventType: 'Microsoft.Storage.BlobCreated',
          eventTime: time,
          data: {},
        },
      ],
    },
    event: {
      type: 'Microsoft.Storage.BlobCreated',
      id: '/subscriptions/1 e-1',
      timestamp: 1_699_999_999_000,
      attempt: 2,
    },
    coversBody: false,
    evidence: /[?&][\w-]+=([^&\n]+)/,
  }),
  defineSample({
    variant: 'as a CloudEvent',
    provider: azureEventGrid({ secret: SECRET, secretIn: { header: 'x-hook-key' } }),
    stranger: azureEventGrid({ secret: OTHER_SECRET, secretIn: { header: 'x-hook-key' } }),
    message: {
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
      body: { specversion: '1.0', id: 'e-2', source: '/topic', type: 'a.b', time, data: {} },
    },
    event: { type: 'a.b', id: '/topic e-2', timestamp: 1_699_999_999_000 },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: ['secretQueryParam', 'allowedOrigins', 'allowedSubscriptions'],
  create: ({ secret, config: { secretQueryParam = 'code', ...config } }) =>
    azureEventGrid({ secret, secretIn: { query: secretQueryParam }, ...config }),
}
