import { pagerduty } from 'webhook-target/providers/pagerduty'
import { expect, test } from 'vitest'
import { receive, signed, withHeaders } from './deliver.ts'

const name = 'x-pagerduty-signature'
const sender = pagerduty({ secret: 'a secret of PagerDuty' })
const other = `v1=${'0'.repeat(64)}`

test.each([
  { rule: 'any of several may match', value: (own: string) => `${other},${own}`, status: 202 },
  { rule: 'a version of tomorrow is skipped', value: (own: string) => `v2=a,${own}`, status: 202 },
  { rule: 'one of them has to match', value: () => `${other},${other}`, status: 401 },
  { rule: 'another version is none', value: (own: string) => own.replace('v1', 'v2'), status: 401 },
])('while a secret is rotated, $rule', async ({ value, status }) => {
  const request = await signed(sender, { body: { event: { id: '1' } } })
  const changed = withHeaders(request, { [name]: value(request.headers.get(name)!) })
  expect((await receive(sender, changed)).status).toBe(status)
})
