import { encodeSignatureHeader, isValidSignature } from '@sanity/webhook'
import { sanity } from 'webhook-target/providers/sanity'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/sanity.ts'
import { accepted, anyAge, decodesBody } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const header = 'sanity-webhook-signature'

const several = accepted('It reads one signature and no more; a list is no harm')

export const peers = [
  definePeer({
    name: '@sanity/webhook',
    provider: (secret) => sanity({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples),
    signature: { in: header, at: /v1=([^,]*)/ },
    separator: ',',
    timestamp: { in: header, at: /t=(\w*)/ },
    toleranceSeconds: 300,
    verify: ({ text, headers }, secret) => isValidSignature(text, headers[header]!, secret),
    sign: async ({ text, now }, secret) => ({
      headers: { [header]: await encodeSignatureHeader(text, now, secret) },
    }),
    differences: {
      ...decodesBody,
      ...anyAge,
      'a wrong signature before the right one': several,
      'a wrong signature after the right one': several,
      'a signature of another version before the right one': several,
    },
  }),
]
