import { npm } from 'webhook-target/providers/npm'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: npm({ secret: SECRET }),
    stranger: npm({ secret: OTHER_SECRET }),
    message: { body: { event: 'package:publish', name: 'x', time: 1_700_000_000_000 } },
    event: { type: 'package:publish', id: undefined, timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => npm({ secret }) }
