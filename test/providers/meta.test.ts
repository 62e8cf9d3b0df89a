import { meta } from 'webhook-target/providers/meta'
import { describe, expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const sender = meta({ secret: 'app secret', verifyToken: 'v' })

const receive = async (body: unknown) => {
  const { status, events, code } = await deliver(sender, { body })
  return {
    status,
    code,
    events: events.map(({ type, id, timestamp, data }) => ({ type, id, timestamp, data })),
  }
}

test('every change of every entry is an event', async () => {
  const entry = { id: '1', time: 1_700_000_000 }
  const { events } = await receive({
    object: 'page',
    entry: [
      {
        ...entry,
        changes: [
          { field: 'feed', value: { item: 'post' } },
          { field: 'feed', value: { item: 'like' } },
        ],
      },
      { id: '2', time: 1_700_000_001, changes: [{ field: 'mention', value: {} }] },
    ],
  })
  expect(events).toMatchObject([
    {
      type: 'page.feed',
      timestamp: 1_700_000_000_000,
      data: { object: 'page', entry, field: 'feed', value: { item: 'post' } },
    },
    { type: 'page.feed', data: { value: { item: 'like' } } },
    { type: 'page.mention', timestamp: 1_700_000_001_000, data: { entry: { id: '2' } } },
  ])
})

describe('kinds of items', () => {
  const messaging = { sender: { id: 's' }, recipient: { id: 'r' }, timestamp: 1_700_000_000_123 }
  const page = (event: object) => ({
    object: 'page',
    entry: [{ id: '1', messaging: [{ ...messaging, ...event }] }],
  })
  const whatsApp = (value: object) => ({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  })

  test.each([
    {
      name: 'a message',
      body: page({ message: { mid: 'm1' } }),
      event: { type: 'page.message', id: 'page:1::m1', timestamp: 1_700_000_000_123 },
    },
    {
      name: 'its deletion',
      body: page({ message: { mid: 'm1', is_deleted: true } }),
      event: { type: 'page.message', id: 'page:1::m1:is_deleted' },
    },
    {
      name: 'its echo',
      body: page({ message: { mid: 'm1', is_echo: true } }),
      event: { id: 'page:1::m1:is_echo' },
    },
    {
      name: 'a postback',
      body: page({ postback: { payload: 'x' } }),
      event: { type: 'page.postback', id: undefined },
    },
    {
      name: 'a receipt',
      body: page({ read: { watermark: 1 } }),
      event: { type: 'page.read', id: undefined },
    },
    {
      name: 'a reaction',
      body: page({ reaction: { mid: 'm1' } }),
      event: { type: 'page.reaction', id: undefined },
    },
    {
      name: 'a message on standby',
      body: {
        object: 'page',
        entry: [{ id: '1', standby: [{ ...messaging, message: { mid: 'm1' } }] }],
      },
      event: { type: 'page.standby', id: 'page:1:standby:m1' },
    },
    {
      name: 'a message in a change',
      body: {
        object: 'instagram',
        entry: [{ id: '1', changes: [{ field: 'messages', value: { message: { mid: 'm1' } } }] }],
      },
      event: { type: 'instagram.messages', id: 'instagram:1:messages:m1' },
    },
    {
      name: 'a WhatsApp message',
      body: whatsApp({ messages: [{ id: 'wamid.1', type: 'text' }] }),
      event: {
        type: 'whatsapp_business_account.messages',
        id: 'whatsapp_business_account:1:messages:wamid.1',
      },
    },
    {
      name: 'a WhatsApp status',
      body: whatsApp({ statuses: [{ id: 'wamid.1', status: 'read' }] }),
      event: { id: 'whatsapp_business_account:1:messages:wamid.1:read' },
    },
    {
      name: 'several WhatsApp messages',
      body: whatsApp({ messages: [{ id: 'wamid.1' }, { id: 'wamid.2' }] }),
      event: { id: undefined },
    },
    {
      name: 'fields without values',
      body: { object: 'user', entry: [{ uid: '1', changed_fields: ['photos'] }] },
      event: { type: 'user.photos' },
    },
    {
      name: 'an entry of another kind',
      body: { object: 'page', entry: [{ id: '1', hop_context: [] }] },
      event: { type: 'page' },
    },
  ])('$name', async ({ body, event }) => {
    expect(await receive(body)).toMatchObject({ status: 200, events: [event] })
  })
})

test('a batch of nothing is acknowledged', async () => {
  expect(await receive({ object: 'page', entry: [] })).toEqual({
    status: 200,
    code: undefined,
    events: [],
  })
})

test.each([
  { name: 'a list', body: [] },
  { name: 'no object', body: { entry: [] } },
  { name: 'no entries', body: { object: 'page' } },
  { name: 'entries that are none', body: { object: 'page', entry: [null] } },
  { name: 'entries that are a list', body: { object: 'page', entry: [[]] } },
  { name: 'changes that are none', body: { object: 'page', entry: [{ changes: ['feed'] }] } },
  { name: 'messaging that is none', body: { object: 'page', entry: [{ messaging: [1] }] } },
  {
    name: 'notices that are none',
    body: { object: 'page', entry: [{ changes: [{ value: { messages: [1] } }] }] },
  },
])('$name is no delivery of Meta', async ({ body }) => {
  const answer = await receive(body)
  expect([answer.status, answer.code]).toEqual([400, 'ERR_BODY_MALFORMED'])
})

test('items are worked on once each, whatever batch they come in', async () => {
  const item = (mid: string) => ({ sender: {}, message: { mid } })
  const keysOf = async (...mids: readonly string[]) => {
    const body = {
      object: 'page',
      entry: [{ id: '1', time: mids.length, messaging: mids.map(item) }],
    }
    return (await deliver(sender, { body })).events.map(({ key }) => key)
  }
  expect(await keysOf('m1', 'm2')).toEqual(['meta::page:1::m1', 'meta::page:1::m2'])
  expect(await keysOf('m2')).toEqual(['meta::page:1::m2'])
})
