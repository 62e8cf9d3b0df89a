import { createWebhookHandler, defineProvider } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { slack } from 'webhook-target/providers/slack'
import { anyOf } from 'webhook-target/schemes/any-of'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { describe, expect, test } from 'vitest'
import { exchange, fetchDoor, type Sent } from '../support/doors.ts'
import { recorder } from '../support/reports.ts'
import { acme, SECRET } from '../support/senders.ts'

// Google's guide "Hosting a webhook target": the challenge comes before any secret does, and the secret
// of what follows may be in the JSON payload, where only reading it tells the two apart.
const secret = 'b7e1c0'
const handler = createWebhookHandler({
  provider: defineProvider({
    name: 'plain',
    verify: anyOf(
      sharedSecret({ header: 'secret', secret }),
      sharedSecret({ member: 'secret', secret }),
    ),
    challenges: [echo({ member: 'challenge', signed: false })],
  }),
  on: { '*': () => undefined },
  telemetry: {},
})

const filler = 'x'.repeat(20_000) // longer than what is read of a body that can only be a challenge
const cases = [
  { name: 'a challenge without a secret', body: { challenge: 'abc' }, status: 200, text: 'abc' },
  {
    name: 'a challenge with the secret in the header',
    body: { challenge: 'abc' },
    header: secret,
    status: 200,
    text: 'abc',
  },
  { name: 'an event without a secret', body: { type: 'a' }, status: 401 },
  { name: 'an event with the secret', body: { secret }, status: 200 },
  { name: 'a large event with the secret', body: { secret, filler }, status: 200 },
  { name: 'an event with another secret', body: { secret: 'other' }, status: 401 },
  { name: 'the secret in the header', body: { type: 'b' }, header: secret, status: 200 },
  {
    name: 'another secret in the header, the right one in the body',
    body: { secret },
    header: 'other',
    status: 401,
  },
]

test.each(cases)('$name: $status', async ({ body, header, status, text }) => {
  const response = await handler(
    new Request('https://hooks.example.com/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(header && { secret: header }) },
      body: JSON.stringify(body),
    }),
  )
  expect(response.status).toBe(status)
  expect(await response.text()).toBe(text ?? '')
})

// No challenge, then: the scheme says what is missing, in the words and with the status of the sender.
const bodies: readonly { name: string; body: NonNullable<Sent['body']> }[] = [
  { name: 'too long for a challenge', body: JSON.stringify({ challenge: 'abc', filler }) },
  {
    name: 'too long, in pieces',
    body: [new TextEncoder().encode('{"challenge":"abc"'), new Uint8Array(20_000).fill(32)],
  },
  { name: 'that does not parse', body: '{"challenge":' },
  { name: 'that is no text', body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]) },
  { name: 'that is a scalar', body: '"challenge"' },
]

describe.each(bodies)('an unsigned body $name', ({ body }) => {
  const headers = { 'content-type': 'application/json' }

  test('is refused for want of a signature', async () => {
    const { telemetry, reports } = recorder()
    const slackHandler = createWebhookHandler({
      provider: slack({ secret: SECRET }),
      on: {},
      telemetry,
    })
    const teapot = createWebhookHandler({
      provider: acme({
        challenges: [echo({ member: 'challenge', signed: false })],
        acknowledge: { refusedStatus: 418 },
      }),
      on: {},
      telemetry,
    })
    expect((await exchange(fetchDoor, slackHandler, { headers, body })).status).toBe(401)
    expect((await exchange(fetchDoor, teapot, { headers, body })).status).toBe(418)
    expect(reports.map(({ error }) => error?.code)).toEqual([
      'ERR_SIGNATURE_MISSING',
      'ERR_SIGNATURE_MISSING',
    ])
  })
})

test('a scheme that lets an unsigned request pass does not make an unread body an empty one', async () => {
  const { telemetry, reports } = recorder()
  const lax = { ...acme().verify, applies: () => false, open: () => () => ({ secret: 0 }) }
  const provider = acme({
    verify: lax,
    challenges: [echo({ member: 'challenge', signed: false })],
  })
  const open = createWebhookHandler({ provider, on: {}, telemetry })
  for (const body of bodies.slice(0, 2)) {
    expect((await exchange(fetchDoor, open, body)).status).not.toBe(200)
  }
  expect(reports.every(({ error }) => error?.code === 'ERR_BODY_TOO_LARGE')).toBe(true)
})
