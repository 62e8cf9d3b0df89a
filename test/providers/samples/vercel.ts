import { vercel } from 'webhook-target/providers/vercel'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: vercel({ secret: SECRET }),
    stranger: vercel({ secret: OTHER_SECRET }),
    message: {
      body: { id: 'uev_1', type: 'deployment.created', createdAt: 1_699_999_990_000, payload: {} },
    },
    event: { type: 'deployment.created', id: 'uev_1', timestamp: 1_699_999_990_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => vercel({ secret }) }
