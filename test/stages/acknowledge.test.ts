import { expect, test } from 'vitest'
import { createWebhookHandler, type AcknowledgementContract } from 'webhook-target'
import { acme, fromAcme } from '../support/senders.ts'
import { toRequest } from '../support/doors.ts'

test.each<{ name: string; acknowledge: AcknowledgementContract; status: number }>([
  { name: 'with its own status', acknowledge: {}, status: 500 },
  { name: 'as the sender wants it', acknowledge: { retryStatus: 429 }, status: 429 },
])('a body that something read before is answered $name', async ({ acknowledge, status }) => {
  const handler = createWebhookHandler({
    provider: acme({ acknowledge }),
    on: {},
    telemetry: {},
  })
  const request = toRequest(fromAcme())
  await request.text()
  const response = await handler(request)
  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBe('30')
})
