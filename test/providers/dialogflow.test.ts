import { reply } from 'webhook-target'
import { dialogflow } from 'webhook-target/providers/dialogflow'
import { hmac } from 'webhook-target/schemes/hmac'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const provider = dialogflow({ username: 'agent', secret: 'password' })
const body = { responseId: 'r-1', queryResult: { intent: { displayName: 'Order' } } }

test.each([
  {
    name: 'what the handler replies',
    options: { outcome: reply({ fulfillmentText: 'On its way' }) },
    text: '{"fulfillmentText":"On its way"}',
  },
  { name: 'an empty object without a reply', options: {}, text: '{}' },
])('answers $name, as JSON', async ({ options, text }) => {
  const answer = await deliver(provider, { body }, options)
  expect(answer).toMatchObject({ status: 200, text })
  expect(answer.headers['content-type']).toMatch(/^application\/json/)
})

test('answers each webhook of one turn', async () => {
  const [first, second] = await Promise.all(
    ['check-order', 'check-stock'].map((tag) =>
      deliver(provider, { body: { detectIntentResponseId: 'r-1', fulfillmentInfo: { tag } } }),
    ),
  )
  expect(first!.events[0]!.key).not.toBe(second!.events[0]!.key)
})

test('takes another scheme', async () => {
  const verify = hmac({ secret: 'a secret', header: 'x-signature' })
  const { events } = await deliver(dialogflow({ verify, deadlineSeconds: 30 }), { body })
  expect(events).toMatchObject([{ type: 'Order' }])
})

test('needs a credential', () => {
  expect(() => dialogflow({ secret: 'password' } as never)).toThrow(/username, header and bearer/)
})
