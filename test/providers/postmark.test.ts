import { createWebhookHandler } from 'webhook-target'
import { postmark } from 'webhook-target/providers/postmark'
import { expect, test } from 'vitest'
import { receive, signed } from './deliver.ts'

const credential = { username: 'postmark', secret: 'p:ss' }

test('a message may be opened twice, and each retry counts once', async () => {
  const seen: unknown[] = []
  const provider = postmark(credential)
  const handler = createWebhookHandler({
    provider,
    on: { Open: ({ timestamp }) => void seen.push(timestamp) },
    telemetry: {},
  })
  for (const second of [1, 2, 2]) {
    const body = { RecordType: 'Open', MessageID: 'm', ReceivedAt: `2023-11-14T22:13:0${second}Z` }
    await handler(await signed(provider, { body }))
  }
  expect(seen).toHaveLength(2)
})

test('a refusal is never the 403 that ends the retries', async () => {
  const request = await signed(postmark(credential), { body: {} })
  const answer = await receive(postmark({ ...credential, secret: 'another' }), request)
  expect(answer.status).toBe(401)
})
