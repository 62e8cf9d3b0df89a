import { validateWebhookSignature } from 'razorpay/dist/utils/razorpay-utils.js'
import { razorpay } from 'webhook-target/providers/razorpay'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/razorpay.ts'
import { decodesBody } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const header = 'x-razorpay-signature'

export const peers = [
  definePeer({
    name: 'razorpay',
    provider: (secret) => razorpay({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header },
    verify: ({ text, headers }, secret) => validateWebhookSignature(text, headers[header]!, secret),
    differences: {
      ...decodesBody,
    },
  }),
]
