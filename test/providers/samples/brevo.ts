import { brevo } from 'webhook-target/providers/brevo'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    variant: 'with a token',
    provider: brevo({ secret: 'a-token' }),
    stranger: brevo({ secret: 'another-token' }),
    message: {
      body: { event: 'delivered', id: 1, 'message-id': '<m-1>', ts_event: 1_699_999_999 },
    },
    event: { type: 'delivered', id: undefined, timestamp: 1_699_999_999_000 },
    coversBody: false,
  }),
  defineSample({
    variant: 'a batch, with a password',
    provider: brevo({ username: 'brevo', secret: SECRET }),
    stranger: brevo({ username: 'brevo', secret: OTHER_SECRET }),
    message: { body: [{ event: 'opened', id: 1, ts_epoch: 1_699_999_999_123 }] },
    event: { type: 'opened', timestamp: 1_699_999_999_123 },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret }) => brevo({ secret: (secret as string).replace(/^Bearer /, '') }),
}
