/** What each provider makes of what its sender sends, and how it answers. */
import { reply, type Outcome, type Provider } from 'webhook-target'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { gitlab } from 'webhook-target/providers/gitlab'
import { meta } from 'webhook-target/providers/meta'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { twilio } from 'webhook-target/providers/twilio'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import type { Message } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { deliver, NOW, publicKey, receive, signed, withHeaders, type Seen } from './deliver.ts'

const secret = 'a secret of any sender'
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const form = { 'content-type': 'application/x-www-form-urlencoded' }

interface Case {
  readonly name: string
  readonly provider: object
  readonly message: Message
  readonly event: Partial<Seen>
}

const CASES: readonly Case[] = [
  {
    name: 'github, with an action',
    provider: github({ secret }),
    message: {
      headers: { 'x-github-event': 'pull_request', 'x-github-delivery': 'd-1' },
      body: { action: 'opened' },
    },
    event: { type: 'pull_request', subtype: 'opened', id: 'd-1', key: 'github::d-1', attempt: 1 },
  },
  {
    name: 'github, as a form',
    provider: github({ secret }),
    message: {
      headers: { ...form, 'x-github-event': 'push' },
      body: 'payload=%7B%22ref%22%3A%22main%22%7D',
    },
    event: { type: 'push', data: { ref: 'main' }, id: undefined },
  },
  {
    name: 'github, known by its content',
    provider: github({ secret, identity: 'content' }),
    message: { headers: { 'x-github-event': 'push', 'x-github-delivery': 'd-1' }, body: {} },
    event: { id: undefined, key: 'github::RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o' },
  },
  {
    name: 'gitlab, with a secret token',
    provider: gitlab({ secret }),
    message: {
      headers: { 'x-gitlab-event': 'Merge Request Hook', 'idempotency-key': 'k-1' },
      body: { object_kind: 'merge_request', object_attributes: { action: 'open' } },
    },
    event: { type: 'merge_request', subtype: 'open', id: 'k-1' },
  },
  {
    name: 'gitlab, a system hook',
    provider: gitlab({ secret }),
    message: {
      headers: { 'x-gitlab-event': 'System Hook' },
      body: { event_name: 'project_create' },
    },
    event: { type: 'project_create' },
  },
  {
    name: 'gitlab, with a payload template',
    provider: gitlab({ secret }),
    message: { headers: { 'x-gitlab-event': 'Push Hook' }, body: { text: 'pushed' } },
    event: { type: 'Push Hook' },
  },
  {
    name: 'gitlab, signed',
    provider: gitlab({ secret: whsec, mode: 'signing-token' }),
    message: {
      headers: { 'webhook-id': 'w-1', 'idempotency-key': 'w-1' },
      body: { object_kind: 'push' },
    },
    event: { type: 'push', id: 'w-1' },
  },
  {
    name: 'slack, an event',
    provider: slack({ secret }),
    message: {
      body: {
        type: 'event_callback',
        event_id: 'Ev1',
        event_time: 1_699_999_999,
        event: { type: 'message', subtype: 'channel_join' },
      },
    },
    event: {
      type: 'message',
      subtype: 'channel_join',
      id: 'Ev1',
      attempt: 1,
      timestamp: 1_699_999_999_000,
    },
  },
  {
    name: 'slack, an event again',
    provider: slack({ secret }),
    message: {
      headers: { 'x-slack-retry-num': '2', 'x-slack-retry-reason': 'http_timeout' },
      body: { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } },
    },
    event: { type: 'app_mention', id: 'Ev1', attempt: 3, timestamp: NOW * 1000 },
  },
  {
    name: 'slack, the limit of events',
    provider: slack({ secret }),
    message: { body: { type: 'app_rate_limited', minute_rate_limited: 1 } },
    event: { type: 'app_rate_limited', id: undefined },
  },
  {
    name: 'slack, a slash command',
    provider: slack({ secret }),
    message: {
      headers: form,
      body: 'command=%2Fweather&text=94070&trigger_id=13345224609.738474920.8088930838d88f008e0',
    },
    event: { type: '/weather', id: '13345224609.738474920.8088930838d88f008e0', attempt: 1 },
  },
  {
    name: 'slack, an interaction',
    provider: slack({ secret }),
    message: {
      headers: form,
      body: `payload=${encodeURIComponent('{"type":"block_actions","trigger_id":"t-1","actions":[]}')}`,
    },
    event: {
      type: 'block_actions',
      id: 't-1',
      data: { type: 'block_actions', trigger_id: 't-1', actions: [] },
    },
  },
  {
    name: 'stripe',
    provider: stripe({ secret }),
    message: { body: { id: 'evt_1', type: 'charge.failed', created: 1_699_999_999 } },
    event: { type: 'charge.failed', id: 'evt_1', timestamp: 1_699_999_999_000 },
  },
  {
    name: 'shopify',
    provider: shopify({ secret }),
    message: {
      headers: {
        'x-shopify-topic': 'orders/create',
        'x-shopify-webhook-id': 'w-1',
        'x-shopify-event-id': 'e-1',
        'x-shopify-triggered-at': '2023-01-01T00:00:00.000Z',
      },
      body: { id: 1 },
    },
    event: { type: 'orders/create', subtype: undefined, id: 'w-1', timestamp: Date.UTC(2023, 0) },
  },
  {
    name: 'shopify, known by the event',
    provider: shopify({ secret, identity: 'event' }),
    message: {
      headers: {
        'x-shopify-topic': 'orders/create',
        'x-shopify-webhook-id': 'w-1',
        'x-shopify-event-id': 'e-1',
      },
      body: { id: 1 },
    },
    event: { id: 'e-1' },
  },
  {
    name: 'shopify, of the newer kind',
    provider: shopify({ secret }),
    message: {
      headers: {
        'shopify-topic': 'Product',
        'shopify-action': 'update',
        'shopify-event-id': 'e-1',
        'shopify-triggered-at': '2023-01-01T00:00:00Z',
      },
      body: {},
    },
    event: { type: 'Product', subtype: 'update', id: 'e-1', timestamp: Date.UTC(2023, 0) },
  },
  {
    name: 'twilio, a message',
    provider: twilio({ secret }),
    message: {
      headers: { ...form, 'i-twilio-idempotency-token': 't-1' },
      body: 'MessageSid=SM1&SmsStatus=received&Body=Hi',
    },
    event: { type: 'message', subtype: undefined, id: 't-1' },
  },
  {
    name: 'twilio, the status of a message',
    provider: twilio({ secret }),
    message: { headers: form, body: 'MessageSid=SM1&MessageStatus=delivered' },
    event: { type: 'message-status', subtype: 'delivered' },
  },
  {
    name: 'twilio, a call',
    provider: twilio({ secret }),
    message: { headers: form, body: 'CallSid=CA1&CallStatus=ringing' },
    event: { type: 'call', subtype: 'ringing' },
  },
  {
    name: 'twilio, the status of a call',
    provider: twilio({ secret }),
    message: {
      headers: form,
      body: 'CallSid=CA1&CallStatus=completed&CallbackSource=call-progress-events',
    },
    event: { type: 'call-status', subtype: 'completed' },
  },
  {
    name: 'twilio, an event in JSON',
    provider: twilio({ secret }),
    message: { body: { EventType: 'onMessageAdded' } },
    event: { type: 'onMessageAdded' },
  },
  {
    name: 'x, account activity',
    provider: x({ secret }),
    message: { body: { for_user_id: '2244994945', favorite_events: [{ id: 'a' }] } },
    event: { type: 'favorite_events', id: undefined },
  },
  {
    name: 'x, activity',
    provider: x({ secret }),
    message: { body: { data: { event_type: 'profile.update.bio', event_uuid: 'u-1' } } },
    event: { type: 'profile.update.bio', id: 'u-1' },
  },
  {
    name: 'x, something new',
    provider: x({ secret }),
    message: { body: { hello: 1 } },
    event: { type: 'unknown' },
  },
  {
    name: 'discord, a command',
    provider: discord({ publicKey, mode: 'interactions' }),
    message: { body: { type: 2, id: '10', data: { name: 'weather' } } },
    event: { type: 'application_command', subtype: 'weather', id: '10' },
  },
  {
    name: 'discord, a button',
    provider: discord({ publicKey, mode: 'interactions' }),
    message: { body: { type: 3, id: '11', data: { custom_id: 'yes' } } },
    event: { type: 'message_component', subtype: 'yes', id: '11' },
  },
  {
    name: 'discord, an interaction of a new type',
    provider: discord({ publicKey, mode: 'interactions' }),
    message: { body: { type: 9, id: '12' } },
    event: { type: 'interaction_9', id: '12' },
  },
  {
    name: 'discord, an event',
    provider: discord({ publicKey, mode: 'webhook-events' }),
    message: {
      body: {
        type: 1,
        event: { type: 'APPLICATION_AUTHORIZED', timestamp: '2024-10-18T14:42:53.064834' },
      },
    },
    event: {
      type: 'APPLICATION_AUTHORIZED',
      id: undefined,
      timestamp: Date.UTC(2024, 9, 18, 14, 42, 53, 64),
    },
  },
  {
    name: 'zoom',
    provider: zoom({ secret }),
    message: {
      headers: { 'x-zm-request-id': 'r-1' },
      body: { event: 'meeting.started', event_ts: 1_699_999_999_123 },
    },
    event: { type: 'meeting.started', id: undefined, timestamp: 1_699_999_999_123 },
  },
  {
    name: 'zoom, known by the delivery',
    provider: zoom({ secret, identity: 'delivery' }),
    message: { headers: { 'x-zm-request-id': 'r-1' }, body: { event: 'meeting.started' } },
    event: { id: 'r-1' },
  },
  {
    name: 'standard-webhooks',
    provider: standardWebhooks({ secret: whsec }),
    message: { headers: { 'webhook-id': 'msg_1' }, body: { type: 'user.created' } },
    event: { type: 'user.created', id: 'msg_1', timestamp: NOW * 1000 },
  },
]

describe('events', () => {
  test.each(CASES)('$name', async ({ provider, message, event }) => {
    const answer = await deliver(provider as Provider, message)
    expect(answer).toMatchObject({ code: undefined, events: [event] })
    expect(answer.status).toBeLessThan(300)
  })
})

describe('answers', () => {
  const contracts: readonly {
    name: string
    provider: object
    message?: Message
    outcome?: Outcome
    answer: { status: number; text: string; type?: string }
    contract: object
  }[] = [
    {
      name: 'github',
      provider: github({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 10, retries: false },
    },
    {
      name: 'gitlab',
      provider: gitlab({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 10, retries: false, refusedStatus: 401 },
    },
    {
      name: 'slack',
      provider: slack({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 3, refusedStatus: 401 },
    },
    {
      name: 'slack with a message',
      provider: slack({ secret }),
      outcome: reply({ text: 'Sunny' }),
      answer: { status: 200, text: '{"text":"Sunny"}', type: 'application/json' },
      contract: {},
    },
    {
      name: 'stripe',
      provider: stripe({ secret, deadlineSeconds: 20 }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 20, refusedStatus: 401 },
    },
    {
      name: 'shopify',
      provider: shopify({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 5, refusedStatus: 401 },
    },
    {
      name: 'twilio',
      provider: twilio({ secret }),
      answer: {
        status: 200,
        text: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
        type: 'text/xml',
      },
      contract: { deadlineSeconds: 15, refusedStatus: 403, retries: false },
    },
    {
      name: 'twilio with TwiML',
      provider: twilio({ secret }),
      outcome: reply('<Response><Say>Hi</Say></Response>'),
      answer: { status: 200, text: '<Response><Say>Hi</Say></Response>', type: 'text/xml' },
      contract: { replyType: 'text/xml' },
    },
    {
      name: 'meta',
      provider: meta({ secret, verifyToken: 'v' }),
      message: { body: { object: 'page', entry: [{}] } },
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 5, refusedStatus: 401 },
    },
    {
      name: 'x',
      provider: x({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 10, refusedStatus: 401, retries: false },
    },
    {
      name: 'discord, an interaction answered elsewhere',
      provider: discord({ publicKey, mode: 'interactions' }),
      answer: { status: 202, text: '' },
      contract: { deadlineSeconds: 3, refusedStatus: 401, retries: false },
    },
    {
      name: 'discord, an interaction',
      provider: discord({ publicKey, mode: 'interactions' }),
      outcome: reply({ type: 4, data: { content: 'Hi' } }),
      answer: { status: 200, text: '{"type":4,"data":{"content":"Hi"}}', type: 'application/json' },
      contract: {},
    },
    {
      name: 'discord, an event',
      provider: discord({ publicKey, mode: 'webhook-events' }),
      answer: { status: 204, text: '', type: 'application/json' },
      contract: { deadlineSeconds: 3, refusedStatus: 401 },
    },
    {
      name: 'zoom',
      provider: zoom({ secret }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 3, refusedStatus: 401 },
    },
    {
      name: 'standard-webhooks',
      provider: standardWebhooks({ secret: whsec }),
      answer: { status: 200, text: '' },
      contract: { deadlineSeconds: 15, refusedStatus: 401 },
    },
  ]

  test.each(contracts)('$name', async ({ provider, message, outcome, answer, contract }) => {
    const sender = provider as Provider
    const options = outcome ? { outcome } : {}
    const { status, text, headers } = await deliver(sender, message ?? { body: {} }, options)
    expect({ status, text, type: headers['content-type'] }).toEqual({ type: undefined, ...answer })
    expect(sender.acknowledge).toMatchObject(contract)
  })

  test.each(contracts)('$name, refused', async ({ provider, message }) => {
    const sender = provider as Provider
    const request = await signed(sender, message ?? { body: {} })
    const forged = new Request(request, { method: 'POST', body: '{"forged":true}' })
    const bare = withHeaders(
      forged,
      Object.fromEntries(sender.verify.headers.map((name) => [name, undefined])),
    )
    // A token says nothing about the body.
    const refusals = sender.name === 'gitlab' ? [bare] : [forged, bare]
    for (const refusal of refusals) {
      const answer = await receive(sender, refusal)
      const status = sender.acknowledge?.refusedStatus ?? 401
      expect(answer).toMatchObject({ status, text: '', events: [] })
    }
  })
})

describe('options that make no sense throw', () => {
  test.each([
    {
      name: 'discord without a mode',
      create: () => discord({ publicKey, mode: undefined as unknown as 'interactions' }),
      code: 'ERR_OPTION_INVALID',
    },
    {
      name: 'discord with the name of a member',
      create: () => discord({ publicKey, mode: 'toString' as 'interactions' }),
      code: 'ERR_OPTION_INVALID',
    },
    {
      name: 'gitlab with an unknown mode',
      create: () => gitlab({ secret, mode: 'signing_token' as 'token' }),
      code: 'ERR_OPTION_INVALID',
    },
    {
      name: 'gitlab with a signing token of another length',
      create: () =>
        gitlab({ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', mode: 'signing-token' }),
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'gitlab with an unset legacy token',
      create: () => gitlab({ secret: whsec, mode: 'signing-token', legacyToken: undefined }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'meta without a token',
      create: () => meta({ secret, verifyToken: undefined }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'meta without a secret',
      create: () => meta({ secret: undefined, verifyToken: 'v' }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'discord without a key',
      create: () => discord({ publicKey: undefined, mode: 'interactions' }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'slack with an empty secret',
      create: () => slack({ secret: '' }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'stripe with no tolerance',
      create: () => stripe({ secret, toleranceSeconds: 0 }),
      code: 'ERR_OPTION_INVALID',
    },
  ])('$name', ({ create, code }) => {
    expect(create).toThrow(expect.objectContaining({ name: 'TypeError', code }) as Error)
  })
})

describe('how old a signature may be', () => {
  test.each([
    { name: 'slack', provider: slack({ secret }), seconds: 300 },
    { name: 'stripe', provider: stripe({ secret }), seconds: 300 },
    { name: 'standard-webhooks', provider: standardWebhooks({ secret: whsec }), seconds: 300 },
    {
      name: 'gitlab, signed',
      provider: gitlab({ secret: whsec, mode: 'signing-token' }),
      seconds: 300,
    },
    { name: 'discord', provider: discord({ publicKey, mode: 'interactions' }), seconds: 900 },
    { name: 'zoom', provider: zoom({ secret }), seconds: 5400 },
    { name: 'zoom, otherwise', provider: zoom({ secret, toleranceSeconds: 60 }), seconds: 60 },
  ])('$name: $seconds s', async ({ provider, seconds }) => {
    const sender = provider as Provider
    for (const [age, status] of [
      [seconds, 2],
      [-seconds, 2],
      [seconds + 1, 4],
      [-seconds - 1, 4],
    ] as const) {
      const sentAt = (NOW - age) * 1000
      const answer = await deliver(sender, { body: {} }, { sentAt })
      expect({ age, status: Math.floor(answer.status / 100) }).toEqual({ age, status })
    }
  })
})
