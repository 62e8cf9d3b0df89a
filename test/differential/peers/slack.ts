import { isValidSlackRequest } from '@slack/bolt/dist/receivers/verify-request.js'
import { slack } from 'webhook-target/providers/slack'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/slack.ts'
import { decodesBody, pastOnly, readsNumber, splitsAtEverySign } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

export const peers = [
  definePeer({
    name: '@slack/bolt',
    provider: (secret) => slack({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: 'x-slack-signature', at: /v0=(\w*)/ },
    timestamp: { in: 'x-slack-request-timestamp' },
    toleranceSeconds: 300,
    verify: ({ text, headers }, secret) =>
      isValidSlackRequest({
        signingSecret: secret,
        body: text,
        headers: {
          'x-slack-signature': headers['x-slack-signature']!,
          // As the receivers of the package read it.
          'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
        },
      }),
    differences: {
      ...decodesBody,
      ...splitsAtEverySign,
      ...pastOnly,
      'a fraction after the time': readsNumber['a fraction after the time']!,
      'a zero before the time': readsNumber['a zero before the time']!,
    },
  }),
]
