import { zoom } from 'webhook-target/providers/zoom'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: zoom({ secret: SECRET }),
    stranger: zoom({ secret: OTHER_SECRET }),
    message: { body: { event: 'meeting.started', event_ts: 1_699_999_999_000, payload: {} } },
    event: { type: 'meeting.started', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => zoom({ secret }) }
