import { okta } from 'webhook-target/providers/okta'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const published = '2023-11-14T22:13:19.000Z'

export const samples = [
  defineSample({
    provider: okta({ secret: SECRET }),
    stranger: okta({ secret: OTHER_SECRET }),
    message: {
      body: {
        eventId: 'e-1',
        data: { events: [{ uuid: 'u-1', eventType: 'user.session.start', published }] },
      },
    },
    event: { type: 'user.session.start', id: 'u-1', timestamp: Date.parse(published) },
    coversBody: false,
  }),
  defineSample({
    variant: 'in another field',
    provider: okta({ secret: SECRET, header: 'x-hook-key' }),
    stranger: okta({ secret: OTHER_SECRET, header: 'x-hook-key' }),
    message: { body: { eventId: 'e-1', data: { events: [{ uuid: 'u-2', eventType: 'a.b' }] } } },
    event: { type: 'a.b', id: 'u-2', timestamp: undefined },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: ['header'],
  create: ({ secret, config }) => okta({ secret, ...config }),
}
