/** Deliveries as their senders sign them, with node:crypto and nothing of the package under test. */
import { createHmac, randomUUID, sign } from 'node:crypto'
import { discordPrivateKey, secrets } from './secrets.ts'
import type { Message } from './sender.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const hmac = (key: string | Buffer, content: string | Uint8Array, encoding: 'hex' | 'base64') =>
  createHmac('sha256', key).update(content).digest(encoding)
const nowSeconds = (ageSeconds: number) => Math.floor(Date.now() / 1000) - ageSeconds

interface GitHubOptions {
  readonly event?: string
  readonly id?: string
  readonly body?: string
  readonly path?: string
  /** In place of the right signature; `undefined` leaves the header out. */
  readonly signature?: string | string[] | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export const PUSH = JSON.stringify({ ref: 'refs/heads/main', after: 'a'.repeat(40) })

export function github(options: GitHubOptions = {}): Message & { readonly body: string } {
  const { event = 'push', id = randomUUID(), body = PUSH, path = '/github' } = options
  const signature =
    'signature' in options
      ? options.signature
      : `sha256=${hmac(secrets.GITHUB_WEBHOOK_SECRET, body, 'hex')}`
  return {
    path,
    body,
    headers: {
      ...JSON_TYPE,
      'x-github-event': event,
      'x-github-delivery': id,
      ...(signature !== undefined && { 'x-hub-signature-256': signature }),
      ...options.headers,
    },
  }
}

export function stripe({ ageSeconds = 0 } = {}): Message {
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'charge.succeeded',
  })
  const t = nowSeconds(ageSeconds)
  const v1 = hmac(secrets.STRIPE_WEBHOOK_SECRET, `${t}.${body}`, 'hex')
  return { path: '/stripe', body, headers: { ...JSON_TYPE, 'stripe-signature': `t=${t},v1=${v1}` } }
}

export function slack(payload: object, { ageSeconds = 0 } = {}): Message {
  const body = JSON.stringify(payload)
  const t = nowSeconds(ageSeconds)
  return {
    path: '/slack',
    body,
    headers: {
      ...JSON_TYPE,
      'x-slack-request-timestamp': t,
      'x-slack-signature': `v0=${hmac(secrets.SLACK_SIGNING_SECRET, `v0:${t}:${body}`, 'hex')}`,
    },
  }
}

export function discordPing({ signedBody = '' } = {}): Message {
  const body = JSON.stringify({ id: '1', application_id: '2', type: 1, token: 't', version: 1 })
  const t = String(nowSeconds(0))
  const signature = sign(null, Buffer.from(t + (signedBody || body)), discordPrivateKey)
  return {
    path: '/discord',
    body,
    headers: {
      ...JSON_TYPE,
      'x-signature-timestamp': t,
      'x-signature-ed25519': signature.toString('hex'),
    },
  }
}

export function standardWebhooks({ ageSeconds = 0 } = {}): Message {
  const body = JSON.stringify({
    type: 'invoice.paid',
    timestamp: new Date().toISOString(),
    data: {},
  })
  const id = `msg_${randomUUID()}`
  const t = nowSeconds(ageSeconds)
  const key = Buffer.from(secrets.STANDARD_WEBHOOKS_SECRET.slice('whsec_'.length), 'base64')
  return {
    path: '/standard-webhooks',
    body,
    headers: {
      ...JSON_TYPE,
      'webhook-id': id,
      'webhook-timestamp': t,
      'webhook-signature': `v1,${hmac(key, `${id}.${t}.${body}`, 'base64')}`,
    },
  }
}

export function metaSubscription(verifyToken: string): Message {
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.verify_token': verifyToken,
    'hub.challenge': '1158201444',
  })
  return { method: 'GET', path: `/meta?${query.toString()}` }
}
