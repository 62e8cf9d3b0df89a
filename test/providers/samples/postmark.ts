import { postmark } from 'webhook-target/providers/postmark'
import {
  defineSample,
  OTHER_SECRET,
  SECRET,
  splitCredential,
  type VectorPreset,
} from '../sample.ts'

const username = 'postmark'

export const samples = [
  defineSample({
    variant: 'a delivery',
    provider: postmark({ username, secret: SECRET }),
    stranger: postmark({ username, secret: OTHER_SECRET }),
    message: {
      body: { RecordType: 'Delivery', MessageID: 'm-1', DeliveredAt: '2023-11-14T22:13:19Z' },
    },
    event: { type: 'Delivery', id: undefined, timestamp: 1_699_999_999_000 },
    coversBody: false,
  }),
  defineSample({
    variant: 'an inbound message',
    provider: postmark({ header: 'X-Hook-Key', secret: SECRET }),
    stranger: postmark({ header: 'X-Hook-Key', secret: OTHER_SECRET }),
    message: { body: { MessageID: 'm-2', Subject: 'Hello', TextBody: 'Hi' } },
    event: { type: 'Inbound', id: 'm-2', timestamp: undefined },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret }) => postmark(splitCredential(secret)),
}
