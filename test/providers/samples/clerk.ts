import { clerk } from 'webhook-target/providers/clerk'
import { defineSample, OTHER_WHSEC, WHSEC, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: clerk({ secret: WHSEC }),
    stranger: clerk({ secret: OTHER_WHSEC }),
    message: {
      headers: { 'webhook-id': 'msg_1' },
      body: {
        type: 'user.created',
        object: 'event',
        timestamp: 1_699_999_999_123,
        data: { id: 'user_1' },
      },
    },
    event: { type: 'user.created', id: 'msg_1', timestamp: 1_699_999_999_123 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => clerk({ secret }) }
