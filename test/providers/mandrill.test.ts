import { createWebhookHandler } from 'webhook-target'
import { mandrill } from 'webhook-target/providers/mandrill'
import { expect, test } from 'vitest'
import { signed } from './deliver.ts'

const sender = mandrill({ secret: 'a secret of any sender' })
const click = (url: string) => ({ event: 'click', _id: 'm-1', ts: 1_699_999_999, url })

test('clicks on all links of a message in one second are as many events', async () => {
  const clicked: unknown[] = []
  const handler = createWebhookHandler({
    provider: sender,
    on: { click: ({ data }) => void clicked.push(data) },
  })
  const events = [click('https://example.com/a'), click('https://example.com/b')]
  const batches = [events, [events[1], click('https://example.com/c')]]
  for (const batch of batches) {
    const request = await signed(sender, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `mandrill_events=${encodeURIComponent(JSON.stringify(batch))}`,
    })
    expect((await handler(request)).status).toBe(200)
  }
  expect(clicked).toEqual([...events, click('https://example.com/c')])
})
