import { docusign } from 'webhook-target/providers/docusign'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: docusign({ secret: SECRET }),
    stranger: docusign({ secret: OTHER_SECRET }),
    message: {
      body: {
        event: 'envelope-completed',
        retryCount: 1,
        generatedDateTime: '2023-11-14T22:13:20.0000000Z',
        data: { envelopeId: 'e-1' },
      },
    },
    event: {
      type: 'envelope-completed',
      id: 'e-1:envelope-completed:2023-11-14T22:13:20.0000000Z',
      timestamp: 1_700_000_000_000,
      attempt: 2,
    },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => docusign({ secret }) }
