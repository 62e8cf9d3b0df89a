import { zendesk } from 'webhook-target/providers/zendesk'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: zendesk({ secret: SECRET }),
    stranger: zendesk({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-zendesk-webhook-invocation-id': '01H' },
      body: { type: 'zen:event-type:ticket.created', id: 'e-1' },
    },
    event: { type: 'zen:event-type:ticket.created', id: '01H', timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => zendesk({ secret }) }
