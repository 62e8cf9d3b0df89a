import { sendgrid } from 'webhook-target/providers/sendgrid'
import { p256Pair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = p256Pair()
const event = { event: 'delivered', sg_event_id: 'e-1', timestamp: 1_699_999_990 }

export const samples = [
  defineSample({
    provider: sendgrid({ publicKey }),
    stranger: sendgrid({ publicKey: p256Pair().publicKey }),
    privateKey,
    message: {
      headers: { 'content-type': 'application/json' },
      body: `[${JSON.stringify(event)}]\r\n`,
    },
    event: { type: 'delivered', id: 'e-1', timestamp: 1_699_999_990_000, data: event },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ publicKey: key }) => sendgrid({ publicKey: key }),
}
