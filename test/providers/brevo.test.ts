import { retry } from 'webhook-target'
import { brevo } from 'webhook-target/providers/brevo'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const body = [
  { event: 'opened', id: 7, 'message-id': '<m>', ts_event: 1_699_999_998 },
  { event: 'opened', id: 7, 'message-id': '<m>', ts_event: 1_699_999_999 },
]

test.each([
  { name: 'a token', provider: brevo({ secret: 'token' }) },
  { name: 'a header', provider: brevo({ header: 'x-hook-key', secret: 'token' }) },
  { name: 'a password', provider: brevo({ username: 'brevo', secret: 'token' }) },
])('a batch with $name brings events that differ', async ({ provider }) => {
  const { status, events } = await deliver(provider, { body })
  expect(status).toBe(200)
  expect(new Set(events.map(({ key }) => key)).size).toBe(2)
})

test('asks for another attempt with 429, as a 5xx may end them', async () => {
  const answer = await deliver(brevo({ secret: 'token' }), { body }, { outcome: retry() })
  expect(answer.status).toBe(429)
})
