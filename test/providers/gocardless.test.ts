import { gocardless } from 'webhook-target/providers/gocardless'
import { expect, test } from 'vitest'
import { deliver, receive, withHeaders, signed } from './deliver.ts'

const sender = gocardless({ secret: 'a secret of GoCardless' })
const event = (id: string, resource_type: string, action: string) => ({ id, resource_type, action })
const events = [event('EV1', 'mandates', 'cancelled'), event('EV2', 'payments', 'confirmed')]

test('each event of a delivery is one by itself', async () => {
  const answer = await deliver(sender, { body: { events, meta: { webhook_id: 'WB1' } } })
  expect(answer.status).toBe(200)
  expect(answer.events).toMatchObject([
    { type: 'mandates', subtype: 'cancelled', id: 'EV1', data: events[0] },
    { type: 'payments', subtype: 'confirmed', id: 'EV2', data: events[1] },
  ])
})

test.each([
  { name: 'a wrong signature', value: '0'.repeat(64) },
  { name: 'what can be none', value: 'x' },
  { name: 'none', value: undefined },
])('$name is answered 498', async ({ value }) => {
  const request = await signed(sender, { body: { events } })
  const answer = await receive(sender, withHeaders(request, { 'webhook-signature': value }))
  expect(answer).toMatchObject({ status: 498, text: '', events: [] })
})
