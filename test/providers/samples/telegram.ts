import { telegram } from 'webhook-target/providers/telegram'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: telegram({ secret: SECRET }),
    stranger: telegram({ secret: OTHER_SECRET }),
    message: {
      body: { update_id: 10_000, message: { message_id: 1, date: 1_699_999_990, text: '/start' } },
    },
    event: { type: 'message', id: '10000', timestamp: 1_699_999_990_000 },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => telegram({ secret }) }
