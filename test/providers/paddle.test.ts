import { paddle } from 'webhook-target/providers/paddle'
import { expect, test } from 'vitest'
import { NOW, receive, signed, withHeaders } from './deliver.ts'

const name = 'paddle-signature'
const sender = paddle({ secret: 'pdl_ntfset_1_secret' })
const other = `h1=${'0'.repeat(64)}`

test.each([
  { rule: 'the last may match', list: (own: string) => [other, own], status: 200 },
  { rule: 'the first may match', list: (own: string) => [own, other], status: 200 },
  { rule: 'a version of tomorrow is skipped', list: (own: string) => ['h2=a', own], status: 200 },
  { rule: 'one of them has to match', list: () => [other, other], status: 401 },
])('of several signatures, $rule', async ({ list, status }) => {
  const request = await signed(sender, { body: { event_id: '1' } })
  const [time, own] = request.headers.get(name)!.split(';') as [string, string]
  const changed = withHeaders(request, { [name]: [time, ...list(own)].join(';') })
  expect((await receive(sender, changed)).status).toBe(status)
})

test.each([
  { seconds: 5, toleranceSeconds: undefined, status: 200 },
  { seconds: 6, toleranceSeconds: undefined, status: 401 },
  { seconds: -6, toleranceSeconds: undefined, status: 401 },
  { seconds: 60, toleranceSeconds: 60, status: 200 },
])(
  '$seconds s of age with $toleranceSeconds s allowed',
  async ({ seconds, toleranceSeconds, status }) => {
    const tolerant = paddle({ secret: 's', ...(toleranceSeconds && { toleranceSeconds }) })
    const request = await signed(tolerant, { body: {} }, { sentAt: (NOW - seconds) * 1000 })
    expect((await receive(tolerant, request)).status).toBe(status)
  },
)
