import { square } from 'webhook-target/providers/square'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    coversUrl: true,
    provider: square({ secret: SECRET }),
    stranger: square({ secret: OTHER_SECRET }),
    message: {
      headers: { 'square-retry-number': '1' },
      body: { type: 'payment.created', event_id: 'e-1', created_at: '2023-11-14T22:13:20.5Z' },
    },
    event: { type: 'payment.created', id: 'e-1', timestamp: 1_700_000_000_500, attempt: 2 },
  }),
]

export const vectors: VectorPreset = { keys: ['url'], create: ({ secret }) => square({ secret }) }
