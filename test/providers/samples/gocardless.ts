import { gocardless } from 'webhook-target/providers/gocardless'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: gocardless({ secret: SECRET }),
    stranger: gocardless({ secret: OTHER_SECRET }),
    message: {
      body: {
        events: [
          {
            id: 'EV1',
            created_at: '2023-11-14T22:13:10.000Z',
            resource_type: 'mandates',
            action: 'cancelled',
            links: { mandate: 'MD1' },
          },
        ],
        meta: { webhook_id: 'WB1' },
      },
    },
    event: { type: 'mandates', subtype: 'cancelled', id: 'EV1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => gocardless({ secret }) }
