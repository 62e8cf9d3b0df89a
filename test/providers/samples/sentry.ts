import { sentry } from 'webhook-target/providers/sentry'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: sentry({ secret: SECRET }),
    stranger: sentry({ secret: OTHER_SECRET }),
    message: {
      headers: {
        'request-id': 'r-1',
        'sentry-hook-resource': 'issue',
        'sentry-hook-timestamp': '1700000000',
      },
      body: { action: 'created', data: {} },
    },
    event: { type: 'issue', subtype: 'created', id: 'r-1', timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => sentry({ secret }) }
