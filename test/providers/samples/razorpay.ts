import { razorpay } from 'webhook-target/providers/razorpay'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: razorpay({ secret: SECRET }),
    stranger: razorpay({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-razorpay-event-id': 'r-1' },
      body: { entity: 'event', event: 'payment.captured', payload: {}, created_at: 1_699_999_990 },
    },
    event: { type: 'payment.captured', id: 'r-1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => razorpay({ secret }) }
