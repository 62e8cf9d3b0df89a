// P8: Slack's signature against the vendor's library.
import { createHmac } from 'node:crypto'
import { slack } from 'webhook-target/providers/slack'
import type { Contest } from '../lib/contest.ts'
import { pushEvent, SECRET } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface Bolt {
  readonly verifySlackRequest: (options: {
    readonly signingSecret: string
    readonly body: string
    readonly headers: {
      readonly 'x-slack-signature': string
      readonly 'x-slack-request-timestamp': number
    }
  }) => void
}

export async function contest(bytes: number): Promise<Contest> {
  const body = pushEvent(bytes, { type: 'event_callback', event_id: 'Ev0Bench' })
  const time = Math.floor(Date.now() / 1000)
  const mac = createHmac('sha256', SECRET).update(`v0:${time}:`).update(body).digest('hex')
  const signature = `v0=${mac}`
  const headers = {
    'content-type': 'application/json',
    'x-slack-request-timestamp': String(time),
    'x-slack-signature': signature,
  }
  const { verifySlackRequest } = await importPeer<Bolt>('slack-bolt')
  const boltHeaders = { 'x-slack-signature': signature, 'x-slack-request-timestamp': time }
  return {
    body,
    baseline: {
      what: 'verifySlackRequest',
      verify: (received) =>
        verifySlackRequest({
          signingSecret: SECRET,
          body: received.toString(),
          headers: boltHeaders,
        }),
    },
    contenders: await ourContenders(slack({ secret: SECRET }), headers),
  }
}
