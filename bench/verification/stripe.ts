// P7: Stripe's signature against the vendor's library, which always parses.
import { createHmac } from 'node:crypto'
import { stripe } from 'webhook-target/providers/stripe'
import type { Contest } from '../lib/contest.ts'
import { pushEvent } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface StripeModule {
  readonly Stripe: new (key: string) => {
    readonly webhooks: {
      constructEvent(body: Buffer, signature: string, secret: string): unknown
    }
  }
}

const SECRET = 'whsec_benchbenchbenchbenchbenchbench'

export async function contest(bytes: number): Promise<Contest> {
  const body = pushEvent(bytes, { id: 'evt_1Bench', object: 'event', type: 'invoice.paid' })
  const time = Math.floor(Date.now() / 1000)
  const mac = createHmac('sha256', SECRET).update(`${time}.`).update(body).digest('hex')
  const signature = `t=${time},v1=${mac}`
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature }
  const { Stripe } = await importPeer<StripeModule>('stripe')
  const { webhooks } = new Stripe('sk_test_bench')
  return {
    body,
    baseline: {
      what: 'constructEvent',
      verify: (received) => webhooks.constructEvent(received, signature, SECRET),
    },
    contenders: await ourContenders(stripe({ secret: SECRET }), headers),
  }
}
