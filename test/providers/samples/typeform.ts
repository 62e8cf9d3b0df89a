import { typeform } from 'webhook-target/providers/typeform'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: typeform({ secret: SECRET }),
    stranger: typeform({ secret: OTHER_SECRET }),
    message: {
      body: {
        event_id: 'LtWXD3crgy',
        event_type: 'form_response',
        form_response: { submitted_at: '2023-11-14T22:13:10Z' },
      },
    },
    event: { type: 'form_response', id: 'LtWXD3crgy', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => typeform({ secret }) }
