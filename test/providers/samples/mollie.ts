import { mollie } from 'webhook-target/providers/mollie'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    variant: 'next-gen',
    provider: mollie({ secret: SECRET }),
    stranger: mollie({ secret: OTHER_SECRET }),
    message: {
      body: {
        resource: 'event',
        id: 'event_1',
        type: 'payment-link.paid',
        entityId: 'pl_1',
        createdAt: '2023-11-14T22:13:19.0Z',
      },
    },
    event: { type: 'payment-link.paid', id: 'event_1', timestamp: 1_699_999_999_000 },
  }),
  defineSample({
    variant: 'legacy',
    provider: mollie({ mode: 'legacy' }),
    stranger: mollie({ mode: 'legacy' }),
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'id=tr_5B8cwPMGnU6qLbRvo7qEZo',
    },
    event: { type: 'tr', data: { id: 'tr_5B8cwPMGnU6qLbRvo7qEZo' } },
    unsigned: 'Mollie does not sign its older webhooks',
  }),
]

export const vectors: VectorPreset = {
  keys: ['variant'],
  create: ({ secret, config }) => mollie({ secret, mode: config['variant']! }),
}
