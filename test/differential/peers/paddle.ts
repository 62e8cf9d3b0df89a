import { Paddle } from '@paddle/paddle-node-sdk'
import { paddle } from 'webhook-target/providers/paddle'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/paddle.ts'
import {
  accepted,
  anyNumber,
  decodesBody,
  joinedFields,
  pastOnly,
  readsNumber,
  splitsAtEverySign,
} from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const { webhooks } = new Paddle('unused')
const header = 'paddle-signature'

export const peers = [
  definePeer({
    name: '@paddle/paddle-node-sdk',
    provider: (secret) => paddle({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header, at: /h1=(\w*)/ },
    separator: ';',
    timestamp: { in: header, at: /ts=(\w*)/ },
    toleranceSeconds: 5,
    verify: ({ text, headers }, secret) =>
      webhooks.isSignatureValid(text, secret, headers[header]!),
    differences: {
      ...decodesBody,
      ...splitsAtEverySign,
      ...joinedFields,
      ...anyNumber,
      ...readsNumber,
      ...pastOnly,
      'a wrong signature after the right one': accepted(
        'It looks at the last one alone, but Paddle sends several while a secret is rotated',
      ),
    },
  }),
]
