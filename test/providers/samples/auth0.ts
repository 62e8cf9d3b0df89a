import { auth0 } from 'webhook-target/providers/auth0'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const TOKEN = 'a-token'
const provider = auth0({ secret: SECRET })
const stranger = auth0({ secret: OTHER_SECRET })
const record = { log_id: 'l-1', data: { type: 's', date: '2023-11-14T22:13:19.000Z' } }
const seen = { type: 's', id: 'l-1', timestamp: 1_699_999_999_000, data: record }

export const samples = [
  defineSample({
    variant: 'a log stream',
    provider,
    stranger,
    message: { body: [record] },
    event: seen,
    coversBody: false,
  }),
  defineSample({
    variant: 'a line of a log stream',
    provider,
    stranger,
    message: {
      headers: { 'content-type': 'application/json' },
      body: `${JSON.stringify(record)}\n`,
    },
    event: seen,
    coversBody: false,
  }),
  defineSample({
    variant: 'an event stream',
    provider: auth0({ secret: `Bearer ${TOKEN}` }),
    stranger: auth0({ secret: TOKEN }),
    message: {
      body: { specversion: '1.0', id: 'evt_1', type: 'user.created', time: record.data.date },
    },
    event: { type: 'user.created', id: 'evt_1', timestamp: 1_699_999_999_000 },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => auth0({ secret }) }
