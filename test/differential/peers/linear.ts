import { LinearWebhookClient } from '@linear/sdk/webhooks'
import { linear } from 'webhook-target/providers/linear'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/linear.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

export const peers = [
  definePeer({
    name: '@linear/sdk',
    provider: (secret) => linear({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: 'linear-signature' },
    timestamp: { in: 'body', at: /"webhookTimestamp":(\d+)/ },
    toleranceSeconds: 60,
    verify: ({ body, headers }, secret) =>
      new LinearWebhookClient(secret).verify(
        body,
        headers['linear-signature']!,
        headers['linear-timestamp'],
      ),
  }),
]
