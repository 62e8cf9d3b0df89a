import { twilio } from 'webhook-target/providers/twilio'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    coversUrl: true,
    provider: twilio({ secret: SECRET }),
    stranger: twilio({ secret: OTHER_SECRET }),
    message: {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'i-twilio-idempotency-token': 't-1',
      },
      // No letter in an escape: it may be of either case, and the signature is of what it stands for.
      body: 'MessageSid=SM1&Body=Hello%21&From=15017122661',
    },
    event: { type: 'message', id: 't-1' },
  }),
  defineSample({
    variant: 'a body that is no form',
    coversUrl: true,
    provider: twilio({ secret: SECRET }),
    stranger: twilio({ secret: OTHER_SECRET }),
    message: { body: { type: 'com.twilio.voice' } },
    event: { type: 'com.twilio.voice' },
  }),
  defineSample({
    variant: 'a shared key',
    coversUrl: true,
    provider: twilio({ secret: OTHER_SECRET, sharedKey: SECRET }),
    stranger: twilio({ secret: SECRET, sharedKey: OTHER_SECRET }),
    message: {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-webhooks-signature-settings': 'key=WK1,algorithm=HMAC_SHA256',
      },
      body: 'CallSid=CA1&Caller=15017122661',
    },
    event: { type: 'call' },
  }),
]

export const vectors: VectorPreset = {
  keys: ['publicUrl'],
  create: ({ secret }) => twilio({ secret }),
}
