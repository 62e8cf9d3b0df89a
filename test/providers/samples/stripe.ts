import { stripe } from 'webhook-target/providers/stripe'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: stripe({ secret: SECRET }),
    stranger: stripe({ secret: OTHER_SECRET }),
    message: { body: { id: 'evt_1', type: 'invoice.paid', created: 1_699_999_990 } },
    event: { type: 'invoice.paid', id: 'evt_1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => stripe({ secret }) }
