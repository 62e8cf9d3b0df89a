import { line } from 'webhook-target/providers/line'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: line({ secret: SECRET }),
    stranger: line({ secret: OTHER_SECRET }),
    message: {
      body: {
        destination: 'U1',
        events: [
          {
            type: 'message',
            message: { type: 'text', id: '1', text: 'hi' },
            webhookEventId: 'L1',
            timestamp: 1_699_999_990_000,
            deliveryContext: { isRedelivery: false },
          },
        ],
      },
    },
    event: { type: 'message', subtype: 'text', id: 'L1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => line({ secret }) }
