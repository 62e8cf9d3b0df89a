import { workos } from 'webhook-target/providers/workos'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: workos({ secret: SECRET }),
    stranger: workos({ secret: OTHER_SECRET }),
    message: {
      body: {
        id: 'event_1',
        event: 'dsync.user.created',
        created_at: '2023-11-14T22:13:20.000Z',
      },
    },
    event: { type: 'dsync.user.created', id: 'event_1', timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => workos({ secret }) }
