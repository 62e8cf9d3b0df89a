import { x } from 'webhook-target/providers/x'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: x({ secret: SECRET }),
    stranger: x({ secret: OTHER_SECRET }),
    message: { body: { for_user_id: '1', tweet_create_events: [{ id_str: '2' }] } },
    event: { type: 'tweet_create_events' },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => x({ secret }) }
