import { microsoftGraph } from 'webhook-target/providers/microsoft-graph'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: microsoftGraph({ secret: SECRET }),
    stranger: microsoftGraph({ secret: OTHER_SECRET }),
    message: { body: { value: [{ id: 'n-1', subscriptionId: 's-1', changeType: 'created' }] } },
    event: { type: 'created', id: 's-1:n-1' },
    coversBody: false,
    evidence: /"clientState":"([^"]+)"/,
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret }) => microsoftGraph({ secret }),
}
