import { sign, verify } from '@octokit/webhooks-methods'
import { github } from 'webhook-target/providers/github'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/github.ts'
import { decodesBody } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const header = 'x-hub-signature-256'

export const peers = [
  definePeer({
    name: '@octokit/webhooks-methods',
    provider: (secret) => github({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header, at: /sha256=(\w*)/ },
    verify: ({ text, headers }, secret) => verify(secret, text, headers[header]!),
    sign: async ({ text }, secret) => ({ headers: { [header]: await sign(secret, text) } }),
    differences: {
      ...decodesBody,
    },
  }),
]
