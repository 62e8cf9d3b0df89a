import { hubspot } from 'webhook-target/providers/hubspot'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const message = {
  body: [
    {
      eventId: 1,
      subscriptionId: 12,
      portalId: 62,
      objectId: 123,
      occurredAt: 1_700_000_000_000,
      subscriptionType: 'contact.creation',
      attemptNumber: 1,
    },
  ],
}
const event = {
  type: 'contact.creation',
  id: '1:62:12:123:1700000000000',
  timestamp: 1_700_000_000_000,
  attempt: 2,
}

export const samples = [
  defineSample({
    coversUrl: true,
    provider: hubspot({ secret: SECRET }),
    stranger: hubspot({ secret: OTHER_SECRET }),
    message,
    event,
  }),
  ...(['v1', 'v2'] as const).map((version) =>
    defineSample({
      coversUrl: version === 'v2',
      variant: version,
      provider: hubspot({ secret: SECRET, version }),
      stranger: hubspot({ secret: OTHER_SECRET, version }),
      message,
      event,
    }),
  ),
]

export const vectors: VectorPreset = {
  keys: ['version'],
  create: ({ secret, config }) => hubspot({ secret, ...config }),
}
