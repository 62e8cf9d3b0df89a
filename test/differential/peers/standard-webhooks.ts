import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { OTHER_WHSEC, WHSEC } from '../../providers/sample.ts'
import { samples } from '../../providers/samples/standard-webhooks.ts'
import { anyNumber, decodesBody, joinedFields, readsNumber } from '../differences.ts'
import { definePeer, type Peer } from '../peer.ts'
import { messageOf } from '../message.ts'
import type { Wire } from '../wire.ts'

const LIBRARIES = { standardwebhooks: StandardWebhook, svix: SvixWebhook }

function peer(name: keyof typeof LIBRARIES, family: string): Peer {
  const Webhook = LIBRARIES[name]
  const id = `${family}-id`
  return definePeer({
    name: `${name}, ${family}-`,
    provider: (secret) => standardWebhooks({ secret }),
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    message: { ...messageOf(samples), headers: { [id]: 'msg_1' } },
    outgoing: (wire) => renamed(wire, family),
    signature: { in: `${family}-signature`, at: /v1,(\S*)/ },
    separator: ' ',
    timestamp: { in: `${family}-timestamp` },
    id: { in: id },
    toleranceSeconds: 300,
    verify: ({ text, headers }, secret) => {
      new Webhook(secret).verify(text, headers)
    },
    sign: ({ text, headers, now }, secret) => ({
      headers: {
        [`${family}-timestamp`]: String(now / 1000),
        [`${family}-signature`]: new Webhook(secret).sign(headers[id]!, new Date(now), text),
      },
    }),
    differences: {
      ...decodesBody,
      ...joinedFields,
      ...anyNumber,
      ...readsNumber,
      'the time field twice': readsNumber['a letter after the time']!,
    },
  })
}

/** We sign under the names of the specification. */
function renamed(wire: Wire, family: string): Wire {
  const headers = Object.entries(wire.headers).map(
    ([name, value]) => [name.replace(/^webhook-/, `${family}-`), value] as const,
  )
  return { ...wire, headers: Object.fromEntries(headers) }
}

export const peers = [
  peer('standardwebhooks', 'webhook'),
  peer('svix', 'webhook'),
  peer('svix', 'svix'),
]
