import { anthropic } from 'webhook-target/providers/anthropic'
import { defineSample, OTHER_WHSEC, WHSEC, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: anthropic({ secret: WHSEC }),
    stranger: anthropic({ secret: OTHER_WHSEC }),
    message: {
      headers: { 'webhook-id': 'msg_1' },
      body: {
        type: 'event',
        id: 'whe_1',
        created_at: '2023-11-14T22:13:19Z',
        data: { type: 'session.status_idled', id: 'sesn_1' },
      },
    },
    event: { type: 'session.status_idled', id: 'whe_1', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => anthropic({ secret }) }
