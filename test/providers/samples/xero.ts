import { xero } from 'webhook-target/providers/xero'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const provider = xero({ secret: SECRET })
const stranger = xero({ secret: OTHER_SECRET })

export const samples = [
  defineSample({
    provider,
    stranger,
    message: {
      body: {
        events: [
          {
            resourceId: 'r-1',
            tenantId: 't-1',
            eventCategory: 'INVOICE',
            eventType: 'UPDATE',
            eventDateUtc: '2023-11-14T22:13:19.000',
          },
        ],
      },
    },
    event: {
      type: 'INVOICE',
      subtype: 'UPDATE',
      id: 't-1:r-1:UPDATE:2023-11-14T22:13:19.000',
      timestamp: 1_699_999_999_000,
    },
  }),
  defineSample({
    variant: 'the check of the URL',
    provider,
    stranger,
    message: { body: { events: [], entropy: 'S0m3r4Nd0mt3xt' } },
    event: { type: 'intent-to-receive', subtype: undefined, id: undefined },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => xero({ secret }) }
