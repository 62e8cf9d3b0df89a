import { intercom } from 'webhook-target/providers/intercom'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: intercom({ secret: SECRET }),
    stranger: intercom({ secret: OTHER_SECRET }),
    message: {
      body: {
        type: 'notification_event',
        id: 'notif_1',
        topic: 'conversation.user.created',
        created_at: 1_699_999_990,
        delivery_attempts: 2,
        data: {},
      },
    },
    event: {
      type: 'conversation.user.created',
      id: 'notif_1',
      timestamp: 1_699_999_990_000,
      attempt: 2,
    },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => intercom({ secret }) }
