import { fitbit } from 'webhook-target/providers/fitbit'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const verificationCode = 'a code'

export const samples = [
  defineSample({
    provider: fitbit({ secret: SECRET, verificationCode }),
    stranger: fitbit({ secret: OTHER_SECRET, verificationCode }),
    message: { body: [{ collectionType: 'foods', date: '2023-11-14', ownerId: '1' }] },
    event: { type: 'foods', data: { collectionType: 'foods', date: '2023-11-14', ownerId: '1' } },
  }),
]

export const vectors: VectorPreset = {
  keys: ['verify'],
  create: ({ secret = 'no part of this vector', config }) =>
    fitbit({ secret, verificationCode: config['verify'] ?? 'no part of this vector' }),
}
