import { circleci } from 'webhook-target/providers/circleci'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: circleci({ secret: SECRET }),
    stranger: circleci({ secret: OTHER_SECRET }),
    message: {
      headers: { 'circleci-event-type': 'workflow-completed' },
      body: { id: 'e-1', type: 'workflow-completed', happened_at: '2023-11-14T22:13:20.000Z' },
    },
    event: { type: 'workflow-completed', id: 'e-1', timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => circleci({ secret }) }
