import { paddle } from 'webhook-target/providers/paddle'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: paddle({ secret: SECRET }),
    stranger: paddle({ secret: OTHER_SECRET }),
    message: {
      body: {
        event_id: 'evt_1',
        event_type: 'transaction.completed',
        occurred_at: '2023-11-14T22:13:10.123456Z',
        notification_id: 'ntf_1',
        data: {},
      },
    },
    event: { type: 'transaction.completed', id: 'evt_1', timestamp: 1_699_999_990_123 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => paddle({ secret }) }
