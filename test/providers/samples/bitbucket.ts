import { bitbucket } from 'webhook-target/providers/bitbucket'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: bitbucket({ secret: SECRET }),
    stranger: bitbucket({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-event-key': 'repo:push', 'x-request-uuid': 'b-1', 'x-attempt-number': '2' },
      body: { push: { changes: [] } },
    },
    event: { type: 'repo:push', id: 'b-1', attempt: 2 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => bitbucket({ secret }) }
