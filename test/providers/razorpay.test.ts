import { razorpay } from 'webhook-target/providers/razorpay'
import { expect, test } from 'vitest'
import { receive, signed } from './deliver.ts'

const before = razorpay({ secret: 'the old secret' })
const during = razorpay({ secret: ['the new secret', 'the old secret'] })
const afterwards = razorpay({ secret: 'the new secret' })

test.each([
  { name: 'an event of before the change', sender: before, receiver: during, status: 200 },
  { name: 'an event of after it', sender: afterwards, receiver: during, status: 200 },
  {
    name: 'an event of before it, with the new secret alone',
    sender: before,
    receiver: afterwards,
    status: 401,
  },
])('$name', async ({ sender, receiver, status }) => {
  const request = await signed(sender, { body: { event: 'payment.captured' } })
  expect((await receive(receiver, request)).status).toBe(status)
})
