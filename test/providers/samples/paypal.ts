import { paypal } from 'webhook-target/providers/paypal'
import { rsaPair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = rsaPair()
const webhookId = '3TR748995U920805P'
const body = {
  id: 'WH-1',
  event_type: 'PAYMENT.CAPTURE.COMPLETED',
  create_time: '2023-11-14T22:13:19Z',
  resource: { id: 'c-1' },
}

export const samples = [
  defineSample({
    provider: paypal({ webhookId, publicKey }),
    stranger: paypal({ webhookId, publicKey: rsaPair().publicKey }),
    privateKey,
    message: { body },
    event: { type: 'PAYMENT.CAPTURE.COMPLETED', id: 'WH-1', timestamp: 1_699_999_999_000 },
  }),
  defineSample({
    variant: 'for another webhook',
    provider: paypal({ webhookId: [webhookId, '4JH86294D6297924G'], publicKey }),
    stranger: paypal({ webhookId: '4JH86294D6297924G', publicKey }),
    privateKey,
    message: { headers: { 'paypal-transmission-id': 't-1' }, body },
    event: { id: 'WH-1' },
  }),
]

export const vectors: VectorPreset = {
  keys: ['webhookId'],
  create: ({ publicKey: key, config }) =>
    paypal({ webhookId: config['webhookId']!, publicKey: key!, environment: 'sandbox' }),
}
