import { Stripe } from 'stripe'
import { stripe } from 'webhook-target/providers/stripe'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/stripe.ts'
import {
  anyNumber,
  decodesBody,
  joinedFields,
  pastOnly,
  readsNumber,
  refused,
  splitsAtEverySign,
} from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const header = 'stripe-signature'

export const peers = [
  definePeer({
    name: 'stripe',
    provider: (secret) => stripe({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header, at: /v1=(\w*)/ },
    separator: ',',
    timestamp: { in: header, at: /t=(\w*)/ },
    toleranceSeconds: 300,
    verify: ({ body, headers }, secret) =>
      Stripe.webhooks.constructEvent(body, headers[header]!, secret),
    sign: ({ text, now }, secret) => ({
      headers: {
        [header]: Stripe.webhooks.generateTestHeaderString({
          payload: text,
          secret,
          timestamp: now / 1000,
        }),
      },
    }),
    differences: {
      ...decodesBody,
      ...splitsAtEverySign,
      ...joinedFields,
      ...anyNumber,
      ...readsNumber,
      ...pastOnly,
      'a byte order mark before the body': refused('It decodes the body, and drops the mark'),
    },
  }),
]
