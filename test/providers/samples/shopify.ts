import { shopify } from 'webhook-target/providers/shopify'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: shopify({ secret: SECRET }),
    stranger: shopify({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-shopify-topic': 'orders/create', 'x-shopify-event-id': 'e-1' },
      body: { id: 8209829119 },
    },
    event: { type: 'orders/create', id: 'e-1' },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => shopify({ secret }) }
