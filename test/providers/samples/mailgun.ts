import { mailgun } from 'webhook-target/providers/mailgun'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const event = { event: 'delivered', id: 'e-1', timestamp: 1_700_000_000.5 }

export const samples = [
  defineSample({
    provider: mailgun({ secret: SECRET, identity: 'event' }),
    stranger: mailgun({ secret: OTHER_SECRET }),
    message: { body: { 'event-data': event } },
    event: { type: 'delivered', id: 'e-1', timestamp: 1_700_000_000_500 },
    coversBody: false,
    evidence: /"signature":"([^"]+)"/,
  }),
  defineSample({
    variant: 'a route',
    provider: mailgun({ secret: SECRET, identity: 'event' }),
    stranger: mailgun({ secret: OTHER_SECRET }),
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'recipient=a%40example.com&Message-Id=%3Cm-1%3E',
    },
    event: { id: '<m-1>', timestamp: 1_700_000_000_000 },
    coversBody: false,
    evidence: /&signature=([^&]+)/,
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => mailgun({ secret }) }
