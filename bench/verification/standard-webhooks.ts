// P6: Standard Webhooks against the reference library.
import { createHmac } from 'node:crypto'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import type { Contest } from '../lib/contest.ts'
import { pushEvent } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface StandardWebhooks {
  readonly Webhook: new (secret: string) => {
    verify(
      body: Buffer,
      headers: Readonly<Record<string, string>>,
      options: { readonly jsonParse: false },
    ): unknown
  }
}

const KEY = Buffer.from('0123456789abcdef0123456789abcdef')
const SECRET = `whsec_${KEY.toString('base64')}`

export async function contest(bytes: number): Promise<Contest> {
  const body = pushEvent(bytes, { type: 'push' })
  const id = 'msg_2bench0000000000000000000'
  const time = String(Math.floor(Date.now() / 1000))
  const mac = createHmac('sha256', KEY).update(`${id}.${time}.`).update(body).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `v1,${mac}`,
  }
  const { Webhook } = await importPeer<StandardWebhooks>('standardwebhooks')
  const webhook = new Webhook(SECRET)
  return {
    body,
    baseline: {
      what: 'standardwebhooks',
      verify: (received) => void webhook.verify(received, headers, { jsonParse: false }),
    },
    contenders: await ourContenders(standardWebhooks({ secret: SECRET }), headers),
  }
}
