import { calendly } from 'webhook-target/providers/calendly'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: calendly({ secret: SECRET }),
    stranger: calendly({ secret: OTHER_SECRET }),
    message: {
      body: { event: 'invitee.created', created_at: '2023-11-14T22:13:10.000000Z', payload: {} },
    },
    event: { type: 'invitee.created', id: undefined, timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => calendly({ secret }) }
