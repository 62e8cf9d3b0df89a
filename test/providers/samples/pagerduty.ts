import { pagerduty } from 'webhook-target/providers/pagerduty'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const message = {
  headers: { 'x-webhook-id': 'w-1' },
  body: {
    event: {
      id: '01ABC',
      event_type: 'incident.triggered',
      occurred_at: '2023-11-14T22:13:20.000Z',
    },
  },
}

export const samples = [
  defineSample({
    provider: pagerduty({ secret: SECRET }),
    stranger: pagerduty({ secret: OTHER_SECRET }),
    message,
    event: { type: 'incident.triggered', id: '01ABC', timestamp: 1_700_000_000_000 },
  }),
  defineSample({
    variant: 'known by the header',
    provider: pagerduty({ secret: SECRET, identity: 'delivery' }),
    stranger: pagerduty({ secret: OTHER_SECRET, identity: 'delivery' }),
    message,
    event: { id: 'w-1' },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => pagerduty({ secret }) }
