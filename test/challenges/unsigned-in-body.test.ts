import { createWebhookHandler, defineProvider } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { anyOf } from 'webhook-target/schemes/any-of'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { expect, test } from 'vitest'

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
