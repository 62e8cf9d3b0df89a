import { quickbooks } from 'webhook-target/providers/quickbooks'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const sender = quickbooks({ secret: 'verifier token' })
const entity = (name: string, id: string, operation = 'Update') => ({
  name,
  id,
  operation,
  lastUpdated: '2023-11-14T15:13:20-0700',
})
const older = (realmId: string, ...entities: readonly object[]) => ({
  realmId,
  dataChangeEvent: { entities },
})
const cloudEvent = (id: string) => ({ specversion: '1.0', id, type: 'qbo.invoice.updated.v1' })

test('every change of every company is an event', async () => {
  const { events } = await deliver(sender, {
    body: {
      eventNotifications: [
        older('1', entity('Customer', '7'), entity('Invoice', '7', 'Void')),
        older('2', entity('Customer', '7')),
      ],
    },
  })
  expect(events.map(({ type, subtype }) => [type, subtype])).toEqual([
    ['Customer', 'Update'],
    ['Invoice', 'Void'],
    ['Customer', 'Update'],
  ])
  expect(events[2]!.data).toEqual({ realmId: '2', ...entity('Customer', '7') })
  // The same entity of two companies, or changed in another way, is not the same event.
  expect(new Set(events.map(({ key }) => key)).size).toBe(3)
})

test.each([
  { name: 'several CloudEvents', body: [cloudEvent('a'), cloudEvent('b')], ids: ['a', 'b'] },
  { name: 'one CloudEvent', body: cloudEvent('a'), ids: ['a'] },
  { name: 'a batch of nothing', body: [], ids: [] },
])('$name', async ({ body, ids }) => {
  const { status, events } = await deliver(sender, { body })
  expect([status, events.map(({ id }) => id)]).toEqual([200, ids])
})

test.each([
  { name: 'no notifications', body: {} },
  { name: 'a notification without changes', body: { eventNotifications: [{ realmId: '1' }] } },
  { name: 'a notification that is none', body: { eventNotifications: [null] } },
])('$name is no delivery of Intuit', async ({ body }) => {
  const { status, code, events } = await deliver(sender, { body })
  expect([status, code, events]).toEqual([400, 'ERR_BODY_MALFORMED', []])
})
