import { WorkOS } from '@workos-inc/node'
import { workos } from 'webhook-target/providers/workos'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/workos.ts'
import {
  accepted,
  decodesBody,
  joinedFields,
  pastOnly,
  refused,
  splitsAtEverySign,
} from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const { webhooks } = new WorkOS('unused')
const header = 'workos-signature'

const byPlace = refused('It goes by places, and looks at no key')

export const peers = [
  definePeer({
    name: '@workos-inc/node',
    provider: (secret) => workos({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header, at: /v1=(\w*)/ },
    separator: ', ',
    timestamp: { in: header, at: /t=(\w*)/ },
    toleranceSeconds: 180,
    verify: ({ body, headers }, secret) =>
      webhooks.verifyHeader({ payload: body, sigHeader: headers[header]!, secret }),
    sign: async ({ text, now }, secret) => ({
      headers: { [header]: `t=${now}, v1=${await webhooks.computeSignature(now, text, secret)}` },
    }),
    differences: {
      ...decodesBody,
      ...splitsAtEverySign,
      ...joinedFields,
      ...pastOnly,
      'the prefix in upper case': byPlace,
      'a signature of another version alone': byPlace,
      'a wrong signature before the right one': accepted(
        'It looks at the first one alone; any may match while a secret is rotated',
      ),
    },
  }),
]
