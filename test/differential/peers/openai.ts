import OpenAI from 'openai'
import { openai } from 'webhook-target/providers/openai'
import { OTHER_SECRET, OTHER_WHSEC, SECRET, WHSEC } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/openai.ts'
import { anyNumber, decodesBody, lenientBase64, refused } from '../differences.ts'
import { definePeer, type Peer } from '../peer.ts'
import { messageOf } from '../message.ts'

const { webhooks } = new OpenAI({ apiKey: 'unused' })

const peer = (name: string, secret: string, otherSecret: string): Peer =>
  definePeer({
    name,
    provider: (given) => openai({ secret: given }),
    secret,
    otherSecret,
    message: messageOf(samples),
    signature: { in: 'webhook-signature', at: /v1,(\S*)/ },
    separator: ' ',
    timestamp: { in: 'webhook-timestamp' },
    id: { in: 'webhook-id' },
    toleranceSeconds: 300,
    verify: ({ text, headers }, given) => webhooks.verifySignature(text, headers, given),
    differences: {
      ...decodesBody,
      ...lenientBase64,
      ...anyNumber,
      'no prefix': refused('A signature without its version is of no version we know'),
    },
  })

export const peers = [
  peer('openai', WHSEC, OTHER_WHSEC),
  peer('openai, secret in text', SECRET, OTHER_SECRET),
]
