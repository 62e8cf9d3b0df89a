import { meta } from 'webhook-target/providers/meta'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const verifyToken = 'a token'

export const samples = [
  defineSample({
    provider: meta({ secret: SECRET, verifyToken }),
    stranger: meta({ secret: OTHER_SECRET, verifyToken }),
    message: {
      body: { object: 'page', entry: [{ id: '1', time: 1, changes: [{ field: 'feed' }] }] },
    },
    event: {},
  }),
]

export const vectors: VectorPreset = {
  keys: ['verifyToken'],
  create: ({ secret, config }) =>
    meta({ secret, verifyToken: config['verifyToken'] ?? 'no part of this vector' }),
}
