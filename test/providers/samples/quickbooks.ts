import { quickbooks } from 'webhook-target/providers/quickbooks'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    variant: 'CloudEvents',
    provider: quickbooks({ secret: SECRET }),
    stranger: quickbooks({ secret: OTHER_SECRET }),
    message: {
      body: [
        {
          specversion: '1.0',
          id: 'e-1',
          type: 'qbo.invoice.created.v1',
          time: '2023-11-14T22:13:20Z',
        },
      ],
    },
    event: { type: 'qbo.invoice.created.v1', id: 'e-1', timestamp: 1_700_000_000_000 },
  }),
  defineSample({
    variant: 'the older payload',
    provider: quickbooks({ secret: SECRET }),
    stranger: quickbooks({ secret: OTHER_SECRET }),
    message: {
      body: {
        eventNotifications: [
          {
            realmId: '118',
            dataChangeEvent: {
              entities: [
                {
                  name: 'Customer',
                  id: '1',
                  operation: 'Create',
                  lastUpdated: '2023-11-14T15:13:20-0700',
                },
              ],
            },
          },
        ],
      },
    },
    event: {
      type: 'Customer',
      subtype: 'Create',
      id: undefined,
      timestamp: 1_700_000_000_000,
      data: {
        realmId: '118',
        name: 'Customer',
        id: '1',
        operation: 'Create',
        lastUpdated: '2023-11-14T15:13:20-0700',
      },
    },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => quickbooks({ secret }) }
