// P11: GitHub's HMAC against node:crypto by hand.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { github } from 'webhook-target/providers/github'
import { SAME_AGAIN, type Contender, type Contest } from '../lib/contest.ts'
import { githubSignature, pushEvent, SECRET } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface Octokit {
  readonly Webhooks: new (options: { readonly secret: string }) => {
    verify(body: string, signature: string): Promise<boolean>
  }
}

export async function contest(bytes: number): Promise<Contest> {
  const body = pushEvent(bytes)
  const signature = githubSignature(body)
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': signature,
  }
  const { Webhooks } = await importPeer<Octokit>('octokit-verify')
  const octokit = new Webhooks({ secret: SECRET })
  return {
    body,
    baseline: byHand('by hand', signature),
    contenders: [
      byHand(SAME_AGAIN, signature),
      ...(await ourContenders(github({ secret: SECRET }), headers)),
      {
        what: 'peer: @octokit/webhooks verify',
        verify: (received) => octokit.verify(received.toString(), signature),
      },
    ],
  }
}

function byHand(what: string, signature: string): Contender {
  return {
    what,
    verify(body) {
      const expected = createHmac('sha256', SECRET).update(body).digest()
      const given = Buffer.from(signature.slice('sha256='.length), 'hex')
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
