import { linear } from 'webhook-target/providers/linear'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: linear({ secret: SECRET }),
    stranger: linear({ secret: OTHER_SECRET }),
    message: {
      headers: { 'linear-delivery': 'l-1', 'linear-event': 'Not signed' },
      body: { action: 'create', type: 'Issue', createdAt: '2023-11-14T22:13:10.000Z', data: {} },
    },
    event: { type: 'Issue', subtype: 'create', id: 'l-1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => linear({ secret }) }
