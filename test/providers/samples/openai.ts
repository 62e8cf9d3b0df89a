import { openai } from 'webhook-target/providers/openai'
import {
  defineSample,
  OTHER_SECRET,
  OTHER_WHSEC,
  SECRET,
  WHSEC,
  type VectorPreset,
} from '../sample.ts'

export const samples = [
  defineSample({
    provider: openai({ secret: WHSEC }),
    stranger: openai({ secret: OTHER_WHSEC }),
    message: {
      headers: { 'webhook-id': 'msg_1' },
      body: {
        id: 'evt_1',
        object: 'event',
        created_at: 1_699_999_999,
        type: 'response.completed',
        data: { id: 'resp_1' },
      },
    },
    event: { type: 'response.completed', id: 'msg_1', timestamp: 1_699_999_999_000 },
  }),
  defineSample({
    variant: 'with a secret in text',
    provider: openai({ secret: SECRET }),
    stranger: openai({ secret: OTHER_SECRET }),
    message: {
      headers: { 'webhook-id': 'wh_2' },
      body: { id: 'evt_2', object: 'event', type: 'batch.failed', data: { id: 'batch_1' } },
    },
    event: { type: 'batch.failed', id: 'wh_2', timestamp: undefined },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => openai({ secret }) }
