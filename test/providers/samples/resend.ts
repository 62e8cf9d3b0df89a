import { resend } from 'webhook-target/providers/resend'
import { defineSample, OTHER_WHSEC, WHSEC, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: resend({ secret: WHSEC }),
    stranger: resend({ secret: OTHER_WHSEC }),
    message: {
      headers: { 'webhook-id': 'msg_1' },
      body: {
        type: 'email.sent',
        created_at: '2023-11-14T22:13:19.000Z',
        data: { email_id: 'e-1' },
      },
    },
    event: { type: 'email.sent', id: 'msg_1', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => resend({ secret }) }
