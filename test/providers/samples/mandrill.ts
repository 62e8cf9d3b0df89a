import { mandrill } from 'webhook-target/providers/mandrill'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

// Written without escapes, which could be written in another way too.
const events = [{ event: 'open', _id: 'm-1', ts: 1_699_999_999, msg: { subject: 'A' } }]

export const samples = [
  defineSample({
    coversUrl: true,
    provider: mandrill({ secret: SECRET }),
    stranger: mandrill({ secret: OTHER_SECRET }),
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `mandrill_events=${JSON.stringify(events)}`,
    },
    event: {
      type: 'open',
      id: 'open:m-1:1699999999:',
      timestamp: 1_699_999_999_000,
      data: events[0],
    },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => mandrill({ secret }) }
