import { stripe } from 'webhook-target/providers/stripe'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: stripe({ secret: SECRET }),
    stranger: stripe({ secret: OTHER_SECRET }),
    message: { body: { id: 'evt_1', type: 'invoice.paid', created: 1_699_999_990 } },
    event: { type: 'invoice.paid', id: 'evt_1', timestamp: 1_699_999_990_000 },
  }),
  defineSample({
    variant: 'a thin event',
    provider: stripe({ secret: SECRET }),
    stranger: stripe({ secret: OTHER_SECRET }),
    message: {
      body: {
        id: 'evt_2',
        object: 'v2.core.event',
        type: 'v1.billing.meter.error_report_triggered',
        created: '2023-11-14T22:13:19.000Z',
      },
    },
    event: { id: 'evt_2', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => stripe({ secret }) }
