import {
  signRequest,
  verifyRequest,
  type CanonicalRequest,
} from '@contentful/node-apps-toolkit/requests'
import { contentful } from 'webhook-target/providers/contentful'
import { samples } from '../../providers/samples/contentful.ts'
import { accepted, decodesBody, pastOnly, readsNumber } from '../differences.ts'
import { definePeer, type Received } from '../peer.ts'
import { messageOf } from '../message.ts'

function requestOf({ url, headers, text }: Received): CanonicalRequest {
  const { pathname, search } = new URL(url)
  return { method: 'POST', path: pathname + search, headers: { ...headers }, body: text }
}

export const peers = samples.map(({ variant }, index) =>
  definePeer({
    name: ['@contentful/node-apps-toolkit', variant].filter(Boolean).join(', '),
    provider: (secret) => contentful({ secret }),
    // The package takes no others.
    secret: 'a'.repeat(64),
    otherSecret: 'b'.repeat(64),
    message: messageOf(samples, index),
    signature: { in: 'x-contentful-signature' },
    timestamp: { in: 'x-contentful-timestamp' },
    toleranceSeconds: 30,
    verify: (received, secret) => verifyRequest(secret, requestOf(received)),
    sign: (message, secret) => ({
      headers: { ...signRequest(secret, requestOf(message), message.now) },
    }),
    differences: {
      ...decodesBody,
      ...readsNumber,
      ...pastOnly,
      'the time field twice': readsNumber['a letter after the time']!,
      'as old as allowed': accepted('The last second counts'),
    },
  }),
)
