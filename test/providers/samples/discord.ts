import { discord } from 'webhook-target/providers/discord'
import { ed25519Pair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = ed25519Pair()
const other = ed25519Pair()

export const samples = [
  defineSample({
    variant: 'an interaction',
    provider: discord({ publicKey, mode: 'interactions' }),
    stranger: discord({ publicKey: other.publicKey, mode: 'interactions' }),
    privateKey,
    message: { body: { id: '1', type: 2, data: { name: 'roll' } } },
    event: { id: '1' },
  }),
  defineSample({
    variant: 'an event',
    provider: discord({ publicKey, mode: 'webhook-events' }),
    stranger: discord({ publicKey: other.publicKey, mode: 'webhook-events' }),
    privateKey,
    message: {
      body: {
        type: 1,
        event: { type: 'APPLICATION_AUTHORIZED', timestamp: '2023-11-14T22:13:19Z', data: {} },
      },
    },
    event: { type: 'APPLICATION_AUTHORIZED', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = {
  keys: ['mode'],
  create: ({ publicKey: key, config }) => discord({ publicKey: key, mode: config['mode']! }),
}
