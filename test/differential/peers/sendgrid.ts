import { EventWebhook } from '@sendgrid/eventwebhook'
import { sendgrid } from 'webhook-target/providers/sendgrid'
import { p256Pair } from '../../providers/keys.ts'
import { samples } from '../../providers/samples/sendgrid.ts'
import { anyAge, lenientBase64 } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const { publicKey, privateKey } = p256Pair()
/** As SendGrid shows it. */
const asText = (pem: string) => pem.replaceAll(/-----[^-]+-----|\n/g, '')
const signature = 'x-twilio-email-event-webhook-signature'
const timestamp = 'x-twilio-email-event-webhook-timestamp'
const webhook = new EventWebhook()

export const peers = [
  definePeer({
    name: '@sendgrid/eventwebhook',
    provider: (key) => sendgrid({ publicKey: key }),
    secret: asText(publicKey),
    otherSecret: asText(p256Pair().publicKey),
    privateKey,
    message: messageOf(samples),
    signature: { in: signature },
    timestamp: { in: timestamp },
    toleranceSeconds: 86_400,
    verify: ({ body, headers }, key) =>
      webhook.verifySignature(
        webhook.convertPublicKeyToECDSA(key),
        body,
        headers[signature]!,
        headers[timestamp]!,
      ),
    form: /[^=]=$/,
    lenient: 'It does not hold the lengths in a signature against its own',
    differences: {
      ...lenientBase64,
      ...anyAge,
    },
  }),
]
