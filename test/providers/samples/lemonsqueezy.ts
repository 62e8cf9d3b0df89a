import { lemonsqueezy } from 'webhook-target/providers/lemonsqueezy'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: lemonsqueezy({ secret: SECRET }),
    stranger: lemonsqueezy({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-event-name': 'not_signed' },
      body: { meta: { event_name: 'order_created' }, data: { type: 'orders', id: '1' } },
    },
    event: { type: 'order_created', id: undefined },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => lemonsqueezy({ secret }) }
