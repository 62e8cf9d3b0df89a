import { coinbaseCommerce } from 'webhook-target/providers/coinbase-commerce'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: coinbaseCommerce({ secret: SECRET }),
    stranger: coinbaseCommerce({ secret: OTHER_SECRET }),
    message: {
      body: {
        id: 1,
        attempt_number: 2,
        event: { id: 'e-1', type: 'charge:created', created_at: '2023-11-14T22:13:10Z', data: {} },
      },
    },
    event: { type: 'charge:created', id: 'e-1', timestamp: 1_699_999_990_000, attempt: 2 },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret }) => coinbaseCommerce({ secret }),
}
