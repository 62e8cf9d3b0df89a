import { asana } from 'webhook-target/providers/asana'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const registration = { pending: false, save() {} }

export const samples = [
  defineSample({
    provider: asana({ secret: SECRET, registration }),
    stranger: asana({ secret: OTHER_SECRET, registration }),
    message: {
      body: {
        events: [
          {
            action: 'added',
            resource: { gid: '1', resource_type: 'task' },
            created_at: '2023-11-14T22:13:19.000Z',
          },
        ],
      },
    },
    event: { type: 'task', subtype: 'added', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = {
  keys: ['registrationPending'],
  create: ({ secret = () => undefined, config }) =>
    asana({
      secret,
      registration: { pending: config['registrationPending'] ?? false, save() {} },
    }),
}
