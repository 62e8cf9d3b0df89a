import { reply } from 'webhook-target'
import { telegram } from 'webhook-target/providers/telegram'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const sender = telegram({ secret: 'A-z_0-9' })

test.each([
  { body: { update_id: 1, callback_query: { id: 'c' } }, type: 'callback_query', at: undefined },
  {
    body: { channel_post: { date: 1_699_999_990 }, update_id: 2 },
    type: 'channel_post',
    at: 1_699_999_990_000,
  },
  { body: { update_id: 3, poll: null }, type: 'poll', at: undefined },
  { body: { update_id: 4 }, type: 'unknown', at: undefined },
])('an update is of the type of its other member: $type', async ({ body, type, at }) => {
  const { events } = await deliver(sender, { body })
  expect(events).toMatchObject([{ type, id: String(body.update_id), timestamp: at }])
})

test('the answer may call a method of the Bot API', async () => {
  const call = { method: 'sendMessage', chat_id: 1, text: 'hi' }
  const answer = await deliver(sender, { body: { update_id: 1 } }, { outcome: reply(call) })
  expect(answer.headers['content-type']).toBe('application/json')
  expect(JSON.parse(answer.text)).toEqual(call)
})
