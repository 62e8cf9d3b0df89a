import { createHmac } from 'node:crypto'
import { linear } from 'webhook-target/providers/linear'
import { expect, test } from 'vitest'
import { NOW, receive } from './deliver.ts'

const secret = 'a secret of Linear'
const sender = linear({ secret })
const now = NOW * 1000

function request(body: object, headers: Readonly<Record<string, string>> = {}): Request {
  const text = JSON.stringify(body)
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  return new Request('https://hooks.example.com/in', {
    method: 'POST',
    headers: { ...headers, 'linear-signature': signature },
    body: text,
  })
}

const fresh = { 'linear-timestamp': String(now) }
const stale = { 'linear-timestamp': String(now - 60_001) }

test.each([
  { rule: 'a minute is the most', body: { webhookTimestamp: now - 60_000 }, status: 200 },
  { rule: 'no more than that', body: { webhookTimestamp: now - 60_001 }, status: 400 },
  { rule: 'nor to the future', body: { webhookTimestamp: now + 60_001 }, status: 400 },
  {
    rule: 'the header makes no old body new',
    body: { webhookTimestamp: now - 60_001 },
    headers: fresh,
    status: 400,
  },
  {
    rule: 'nor a new one old',
    body: { webhookTimestamp: now },
    headers: stale,
    status: 200,
  },
  { rule: 'nor stands in for the time of a body', body: {}, headers: fresh, status: 400 },
  { rule: 'the body has to have one', body: {}, status: 400 },
])('of the age of a delivery, $rule', async ({ body, headers, status }) => {
  expect((await receive(sender, request(body, headers))).status).toBe(status)
})

test('any age passes where it is asked for', async () => {
  const lenient = linear({ secret, toleranceSeconds: false })
  const answer = await receive(lenient, request({ webhookTimestamp: now - 86_400_000 }))
  expect(answer.status).toBe(200)
})
