import { replicate } from 'webhook-target/providers/replicate'
import { defineSample, NOW, OTHER_WHSEC, WHSEC, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: replicate({ secret: WHSEC }),
    stranger: replicate({ secret: OTHER_WHSEC }),
    message: {
      headers: { 'webhook-id': 'msg_1' },
      body: { id: 'p-1', status: 'succeeded', output: ['https://example.com/a.png'] },
    },
    event: { type: 'succeeded', id: 'msg_1', timestamp: NOW * 1000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => replicate({ secret }) }
