/**
 * A replay is known by what is signed: whoever got hold of a signed delivery may change all the rest of the
 * request, and must not be able to have it worked on again.
 */
import type { Provider } from 'webhook-target'
import { bitbucket } from 'webhook-target/providers/bitbucket'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { gitlab } from 'webhook-target/providers/gitlab'
import { linear } from 'webhook-target/providers/linear'
import { meta } from 'webhook-target/providers/meta'
import { razorpay } from 'webhook-target/providers/razorpay'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { twilio } from 'webhook-target/providers/twilio'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import type { Message } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { publicKey, receive, signed, withHeaders } from './deliver.ts'

const secret = 'a secret of any sender'
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const payload = encodeURIComponent('{"type":"block_actions","trigger_id":"t-1"}')

interface Sender {
  readonly name: string
  readonly provider: object
  readonly message: Message
  /** What is different in another event. */
  readonly other: Partial<Message>
}

const SENDERS: readonly Sender[] = [
  {
    name: 'bitbucket by content',
    other: { body: { push: 2 } },
    provider: bitbucket({ secret, identity: 'content' }),
    message: { headers: { 'x-event-key': 'repo:push', 'x-request-uuid': 'b' }, body: { push: 1 } },
  },
  {
    name: 'discord, an interaction',
    other: { body: { type: 2, id: '11' } },
    provider: discord({ publicKey, mode: 'interactions' }),
    message: { body: { type: 2, id: '10' } },
  },
  {
    name: 'discord, an event',
    other: { body: { type: 1, event: { n: 1 } } },
    provider: discord({ publicKey, mode: 'webhook-events' }),
    message: { body: { type: 1, event: {} } },
  },
  {
    name: 'github by content',
    other: { body: { n: 1 } },
    provider: github({ secret, identity: 'content' }),
    message: { headers: { 'x-github-delivery': 'd' }, body: {} },
  },
  {
    name: 'github by content, as a form',
    other: { body: 'payload=%5B%5D' },
    provider: github({ secret, identity: 'content' }),
    message: { headers: form, body: 'payload=%7B%7D' },
  },
  {
    name: 'gitlab, signed',
    other: { headers: { 'webhook-id': 'w-2' } },
    provider: gitlab({ secret: whsec, mode: 'signing-token', legacyToken: 'old' }),
    message: {
      headers: { 'webhook-id': 'w-1', 'idempotency-key': 'w-1' },
      body: { object_kind: 'push' },
    },
  },
  {
    name: 'gitlab by content',
    other: { body: { object_kind: 'push', n: 1 } },
    provider: gitlab({ secret, identity: 'content' }),
    message: { body: { object_kind: 'push' } },
  },
  {
    name: 'linear by content',
    other: { body: { type: 'Issue', action: 'update' } },
    provider: linear({ secret, identity: 'content' }),
    message: { headers: { 'linear-delivery': 'l' }, body: { type: 'Issue', action: 'create' } },
  },
  {
    name: 'meta',
    other: {
      body: { object: 'page', entry: [{ id: '1', changes: [{ field: 'feed', value: 2 }] }] },
    },
    provider: meta({ secret, verifyToken: 'v' }),
    message: {
      body: { object: 'page', entry: [{ id: '1', changes: [{ field: 'feed', value: 1 }] }] },
    },
  },
  {
    name: 'razorpay by content',
    other: { body: { event: 'payment.failed' } },
    provider: razorpay({ secret, identity: 'content' }),
    message: { headers: { 'x-razorpay-event-id': 'r' }, body: { event: 'payment.captured' } },
  },
  {
    name: 'shopify by content',
    other: { body: { n: 1 } },
    provider: shopify({ secret, identity: 'content' }),
    message: { headers: { 'x-shopify-topic': 'a', 'x-shopify-webhook-id': 'w' }, body: {} },
  },
  {
    name: 'slack, an event',
    other: { body: { event_id: 'Ev2', event: { type: 'message' } } },
    provider: slack({ secret }),
    message: { body: { event_id: 'Ev1', event: { type: 'message' } } },
  },
  {
    name: 'slack, a command',
    other: { body: 'command=%2Fweather&trigger_id=t-2' },
    provider: slack({ secret }),
    message: { headers: form, body: 'command=%2Fweather&trigger_id=t-1' },
  },
  {
    name: 'slack, an interaction',
    other: { body: `payload=${payload.replace('t-1', 't-2')}` },
    provider: slack({ secret }),
    message: { headers: form, body: `payload=${payload}` },
  },
  {
    name: 'standard-webhooks',
    other: { headers: { 'webhook-id': 'msg_2' } },
    provider: standardWebhooks({ secret: whsec }),
    message: { headers: { 'webhook-id': 'msg_1' }, body: { type: 'a' } },
  },
  {
    name: 'stripe',
    other: { body: { id: 'evt_2', type: 'charge.failed' } },
    provider: stripe({ secret }),
    message: { body: { id: 'evt_1', type: 'charge.failed' } },
  },
  {
    name: 'twilio by content',
    other: { body: 'CallSid=CA1&B=3' },
    provider: twilio({ secret, identity: 'content' }),
    message: {
      headers: { ...form, 'i-twilio-idempotency-token': 't' },
      body: 'CallSid=CA1&B=2',
      url: 'https://example.com/in?q=a|b',
    },
  },
  {
    name: 'twilio by content, JSON',
    other: { body: { EventType: 'b' } },
    provider: twilio({ secret, identity: 'content' }),
    message: { headers: { 'i-twilio-idempotency-token': 't' }, body: { EventType: 'a' } },
  },
  {
    name: 'x',
    other: { body: { favorite_events: [{ id: 'b' }] } },
    provider: x({ secret }),
    message: { body: { favorite_events: [{ id: 'a' }] } },
  },
  {
    name: 'x, with an id',
    other: { body: { data: { event_type: 'a', event_uuid: 'v' } } },
    provider: x({ secret }),
    message: { body: { data: { event_type: 'a', event_uuid: 'u' } } },
  },
  {
    name: 'zoom',
    other: { body: { event: 'a', event_ts: 2 } },
    provider: zoom({ secret }),
    message: { headers: { 'x-zm-request-id': 'r' }, body: { event: 'a', event_ts: 1 } },
  },
]

type Tampering = (request: Request) => Promise<Request>

/** Another request, of which the signature holds as well unless the provider refuses it. */
const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'other ids': async (request) =>
    withHeaders(request, {
      ...withoutSigned(request, {
        'webhook-id': 'other',
        'svix-id': 'other',
        'x-zm-request-id': 'other',
      }),
      'idempotency-key': 'other',
      'i-twilio-idempotency-token': 'other',
      'x-github-delivery': 'other',
      'x-gitlab-event-uuid': 'other',
      'linear-delivery': 'other',
      'x-razorpay-event-id': 'other',
      'x-request-uuid': 'other',
      'x-shopify-webhook-id': 'other',
      'x-shopify-event-id': 'other',
      'x-slack-retry-num': '1',
    }),
  'other names for the same signature': async (request) =>
    withHeaders(request, {
      'svix-id': request.headers.get('webhook-id') ?? undefined,
      'svix-timestamp': request.headers.get('webhook-timestamp') ?? undefined,
      'svix-signature': request.headers.get('webhook-signature') ?? undefined,
      'webhook-signature': undefined,
      'webhook-id': 'other',
      'idempotency-key': 'other',
    }),
  ...Object.fromEntries(
    [
      undefined,
      'application/json',
      'application/json; charset=utf-16',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
      'application/xml',
      'multipart/form-data; boundary=a',
      'text/plain',
      'image/png',
      'nonsense',
    ].map((type): [string, Tampering] => [
      `the content type ${type}`,
      async (request) => withHeaders(request, { 'content-type': type }),
    ]),
  ),
  'a port in the URL': (request) =>
    at(request.url.replace('example.com', 'example.com:8443'), request),
  'the query encoded anew': (request) => at(request.url.replace('|', '%7C'), request),
  'the fields in another order': async (request) => {
    const fields = (await request.clone().text()).split('&')
    return new Request(request, { method: 'POST', body: fields.toReversed().join('&') })
  },
}

const at = async (url: string, request: Request) =>
  new Request(url, {
    method: 'POST',
    headers: request.headers,
    body: await request.clone().bytes(),
  })

/** Leaves what is signed as it is. */
function withoutSigned(request: Request, changes: Record<string, string>): Record<string, string> {
  const isSigned = (name: string) =>
    name === 'webhook-id' && request.headers.has('webhook-signature')
  return Object.fromEntries(Object.entries(changes).filter(([name]) => !isSigned(name)))
}

describe.each(SENDERS)('$name: one key', ({ provider, message }) => {
  test.each(Object.entries(TAMPERINGS))('in spite of %s', async (_, tamper) => {
    const sender = provider as Provider
    const request = await signed(sender, message)
    const tampered = await tamper(request)
    const [first, second] = [await receive(sender, request), await receive(sender, tampered)]
    expect(first.events).toHaveLength(1)
    const keys = second.events.map(({ key, type }) => [key, type])
    const unsignedType = message.headers?.['x-shopify-topic'] !== undefined
    const known = first.events.map(({ key, type }) => [
      key,
      unsignedType ? second.events[0]?.type : type,
    ])
    // Refused is as good as known.
    expect([known, []]).toContainEqual(keys)
    expect(second.status).toBeLessThan(500)
  })
})

describe('what is not signed is worth no more than the delivery', () => {
  test.each([
    { name: 'github', provider: github({ secret }), header: 'x-github-delivery' },
    { name: 'gitlab', provider: gitlab({ secret }), header: 'idempotency-key' },
    { name: 'shopify', provider: shopify({ secret }), header: 'x-shopify-webhook-id' },
    { name: 'twilio', provider: twilio({ secret }), header: 'i-twilio-idempotency-token' },
    { name: 'zoom', provider: zoom({ secret, identity: 'delivery' }), header: 'x-zm-request-id' },
  ])('$name goes by $header unless told otherwise', async ({ provider, header }) => {
    const sender = provider as Provider
    const request = await signed(sender, { headers: { [header]: 'a' }, body: {} })
    const keyOf = async (id: string) =>
      (await receive(sender, withHeaders(request, { [header]: id }))).events[0]?.key
    expect(await keyOf('a')).toBe(`${sender.name}::a`)
    expect(await keyOf('b')).toBe(`${sender.name}::b`)
  })
})

describe('two events are two keys', () => {
  test.each(SENDERS)('$name', async ({ provider, message, other }) => {
    const sender = provider as Provider
    const keyOf = async (given: Message) =>
      (await receive(sender, await signed(sender, given))).events[0]?.key
    const key = await keyOf(message)
    expect(key).toMatch(new RegExp(`^${sender.name}::.`))
    expect(await keyOf({ ...message, ...other })).not.toBe(key)
  })
})
