import { viber } from 'webhook-target/providers/viber'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: viber({ secret: SECRET }),
    stranger: viber({ secret: OTHER_SECRET }),
    message: {
      // Beyond 2^53, and beside a text that looks like the member.
      body: '{"text":"{\\"message_token\\":1","event":"delivered","timestamp":1699999999000,"message_token":4977069964384421269,"user_id":"u-1"}',
      headers: { 'content-type': 'application/json' },
    },
    event: {
      type: 'delivered',
      id: 'delivered:4977069964384421269:u-1',
      timestamp: 1_699_999_999_000,
    },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => viber({ secret }) }
