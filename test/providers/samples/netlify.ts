import { netlify } from 'webhook-target/providers/netlify'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const body = { id: '5ebc34bf', state: 'ready', updated_at: '2023-11-14T22:13:19.000Z' }

export const samples = [
  defineSample({
    provider: netlify({ secret: SECRET }),
    stranger: netlify({ secret: OTHER_SECRET }),
    message: { headers: { 'x-netlify-event': 'deploy_created' }, body },
    event: { type: 'deploy_created', timestamp: 1_699_999_999_000, data: body },
  }),
  defineSample({
    variant: 'without a type in the header',
    provider: netlify({ secret: SECRET }),
    stranger: netlify({ secret: OTHER_SECRET }),
    message: { body },
    event: { type: 'ready', data: body },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => netlify({ secret }) }
