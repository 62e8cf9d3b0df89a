import { parse } from 'node:querystring'
import {
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateExpressRequest,
} from 'twilio/lib/webhooks/webhooks.js'
import { twilio } from 'webhook-target/providers/twilio'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/twilio.ts'
import { decodesBody } from '../differences.ts'
import { definePeer, type Received } from '../peer.ts'
import { messageOf } from '../message.ts'

const header = 'x-twilio-signature'

/** Its package does not know the shared keys of webhook rules, which come last. */
const known = samples.filter(({ variant }) => variant !== 'a shared key')

export const peers = known.map(({ variant }, index) =>
  definePeer({
    name: ['twilio', variant].filter(Boolean).join(', '),
    provider: (secret) => twilio({ secret }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: messageOf(samples, index),
    signature: { in: header },
    verify: (received, secret) => validateExpressRequest(asExpress(received), secret),
    sign: ({ url, headers, text }, secret) => {
      const isForm = headers['content-type']!.endsWith('form-urlencoded')
      const signed = isForm ? url : `${url}?bodySHA256=${getExpectedBodyHash(text)}`
      const fields = isForm ? parse(text) : {}
      return {
        url: signed,
        headers: { [header]: getExpectedTwilioSignature(secret, signed, fields) },
      }
    },
    differences: {
      ...(index === 1 && decodesBody),
    },
  }),
)

/** What Express, with its parser of forms, makes of it. */
function asExpress({ url, headers, text }: Received) {
  const { host, pathname, search } = new URL(url)
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  return {
    protocol: 'https',
    headers: { host },
    originalUrl: pathname + search,
    header: (name: string) => headers[name.toLowerCase()],
    body: isForm ? { ...parse(text) } : {},
    rawBody: text,
  } as unknown as Parameters<typeof validateExpressRequest>[0]
}
