import { notion } from 'webhook-target/providers/notion'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const message = {
  body: {
    id: 'e-1',
    type: 'page.created',
    timestamp: '2023-11-14T22:13:19.000Z',
    attempt_number: 2,
  },
}
const event = { type: 'page.created', id: 'e-1', timestamp: 1_699_999_999_000, attempt: 2 }

export const samples = [
  defineSample({
    provider: notion({ secret: SECRET }),
    stranger: notion({ secret: OTHER_SECRET }),
    message,
    event,
  }),
  defineSample({
    variant: 'while a registration is pending',
    provider: notion({ secret: SECRET, registration: { pending: true, save() {} } }),
    stranger: notion({ secret: OTHER_SECRET, registration: { pending: true, save() {} } }),
    message,
    event,
  }),
]

export const vectors: VectorPreset = {
  keys: ['registrationPending'],
  create: ({ secret = () => undefined, config }) =>
    notion({
      secret,
      registration: { pending: config['registrationPending'] ?? false, save() {} },
    }),
}
