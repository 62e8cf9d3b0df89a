import { dockerHub } from 'webhook-target/providers/docker-hub'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: dockerHub({ secret: SECRET }),
    stranger: dockerHub({ secret: OTHER_SECRET }),
    message: { body: { push_data: { pushed_at: 1_700_000_000, tag: 'latest' } } },
    event: { type: 'push', id: undefined, timestamp: 1_700_000_000_000 },
    coversBody: false,
    evidence: /[?&]\w+=([^&\n]+)/,
  }),
  defineSample({
    variant: 'with another parameter',
    provider: dockerHub({ secret: SECRET, parameter: 'key' }),
    stranger: dockerHub({ secret: SECRET }),
    message: { body: {} },
    event: { type: 'push' },
    coversBody: false,
    evidence: /[?&]\w+=([^&\n]+)/,
  }),
]

export const vectors: VectorPreset = {
  keys: ['param'],
  create: ({ secret, config }) => dockerHub({ secret, parameter: config['param'] ?? 'token' }),
}
