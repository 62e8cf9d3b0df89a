import { createWebhookHandler } from 'webhook-target'
import { line } from 'webhook-target/providers/line'
import { expect, test } from 'vitest'
import { deliver, NOW, signed } from './deliver.ts'

const sender = line({ secret: 'a secret of LINE' })
const events = [
  { type: 'message', webhookEventId: 'a', message: { type: 'image' } },
  { type: 'follow', webhookEventId: 'b', deliveryContext: { isRedelivery: false } },
]

test('each event of a delivery is one by itself', async () => {
  const answer = await deliver(sender, { body: { destination: 'U1', events } })
  expect(answer.events).toMatchObject([
    { type: 'message', subtype: 'image', id: 'a', data: events[0] },
    { type: 'follow', subtype: undefined, id: 'b', data: events[1] },
  ])
})

test('the check from the console, which brings none, is a success', async () => {
  const answer = await deliver(sender, { body: { destination: 'U1', events: [] } })
  expect(answer).toMatchObject({ status: 200, text: '', events: [] })
})

test('a redelivery is known, though it says that it is one', async () => {
  const seen: string[] = []
  const handler = createWebhookHandler({
    provider: sender,
    on: { '*': ({ id }) => void seen.push(id!) },
    clock: () => NOW * 1000,
  })
  const [message, follow] = events
  const again = { ...follow, deliveryContext: { isRedelivery: true } }
  for (const batch of [[follow], [message, again]]) {
    const { status } = await handler(await signed(sender, { body: { events: batch } }))
    expect(status).toBe(200)
  }
  expect(seen).toEqual(['b', 'a'])
})

test('whether LINE delivers again is a setting of the channel', () => {
  expect(sender.acknowledge?.retries).toBe(false)
  expect(line({ secret: 's', redelivery: true }).acknowledge?.retries).toBe(true)
})
