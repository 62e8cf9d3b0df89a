/** Senders to test with, signed by node:crypto so that nothing under test has a hand in it. */
import { createHmac } from 'node:crypto'
import {
  defineProvider,
  header,
  member,
  type Provider,
  type ProviderDefinition,
} from 'webhook-target'
import { hmac } from 'webhook-target/schemes/hmac'
import { bytesOf, type Sent } from './doors.ts'

export const SECRET = 'It is a secret to everybody'

let deliveries = 0

/** For tables of senders whose events have different types. */
export const untyped = (provider: object): Provider => provider as Provider

export function hexHmac(body: Sent['body'], secret = SECRET): string {
  return createHmac('sha256', secret).update(bytesOf(body)).digest('hex')
}

interface GitHubDelivery extends Sent {
  readonly type?: string
  readonly id?: string
  readonly secret?: string
}

/** A delivery as GitHub sends it, genuine unless headers say otherwise. */
export function fromGitHub({
  type = 'push',
  id = `delivery-${++deliveries}`,
  secret = SECRET,
  body = '{"zen":"Design for failure."}',
  headers,
  ...rest
}: GitHubDelivery = {}): Sent {
  return {
    ...rest,
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': type,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${hexHmac(body, secret)}`,
      ...headers,
    },
  }
}

/** A sender without a preset: type in the payload, id in a header, several events in a list. */
export function acme(definition: Partial<ProviderDefinition> = {}) {
  return defineProvider({ ...acmeDefinition, ...definition })
}

export const acmeDefinition = {
  name: 'acme',
  verify: hmac({ secret: SECRET, header: 'x-acme-signature' }),
  event: { type: member('type'), id: header('x-acme-id') },
} satisfies ProviderDefinition

/** `acme` as a sender of batches: a list of events, each with its own id. */
export function acmeBatches() {
  return acme({
    event: {
      type: member('type'),
      id: member('id'),
      items: (payload) => (Array.isArray(payload) ? payload : [payload]),
    },
  })
}

interface AcmeDelivery extends Sent {
  readonly id?: string
  readonly secret?: string
}

export function fromAcme({
  id = `acme-${++deliveries}`,
  secret = SECRET,
  body = '{"type":"made"}',
  headers,
  ...rest
}: AcmeDelivery = {}): Sent {
  return {
    ...rest,
    body,
    headers: {
      'content-type': 'application/json',
      'x-acme-id': id,
      'x-acme-signature': hexHmac(body, secret),
      ...headers,
    },
  }
}
