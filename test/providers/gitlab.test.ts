import { gitlab } from 'webhook-target/providers/gitlab'
import { expect, test } from 'vitest'
import { receive, signed, withHeaders } from './deliver.ts'

const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const body = { object_kind: 'push' }
const zero = `v1,${'A'.repeat(43)}=`

test.each([
  { name: 'a signature', changes: {}, status: 200 },
  {
    name: 'the token of the time before',
    changes: { 'webhook-signature': undefined, 'x-gitlab-token': 'old' },
    status: 200,
  },
  {
    name: 'another token',
    changes: { 'webhook-signature': undefined, 'x-gitlab-token': 'other' },
    status: 401,
  },
  {
    name: 'a wrong signature beside the token',
    changes: { 'webhook-signature': zero, 'x-gitlab-token': 'old' },
    status: 401,
  },
  {
    name: 'a malformed signature beside the token',
    changes: { 'webhook-signature': 'v1,', 'x-gitlab-token': 'old' },
    status: 401,
  },
  {
    name: 'a wrong signature of another name beside the token',
    changes: { 'webhook-signature': undefined, 'svix-signature': zero, 'x-gitlab-token': 'old' },
    status: 401,
  },
  {
    name: 'the signing token as a token',
    changes: { 'webhook-signature': undefined, 'x-gitlab-token': whsec },
    status: 401,
  },
  { name: 'nothing', changes: { 'webhook-signature': undefined }, status: 401 },
])('while switching over, $name: $status', async ({ changes, status }) => {
  const sender = gitlab({ secret: whsec, mode: 'signing-token', legacyToken: 'old' })
  const request = withHeaders(await signed(sender, { body }), changes)
  const answer = await receive(sender, request)
  expect([answer.status, answer.events.length]).toEqual([status, status === 200 ? 1 : 0])
})

test('once switched over, the token counts for nothing', async () => {
  const sender = gitlab({ secret: whsec, mode: 'signing-token' })
  const request = withHeaders(await signed(sender, { body }), {
    'webhook-signature': undefined,
    'x-gitlab-token': whsec,
  })
  expect(await receive(sender, request)).toMatchObject({
    status: 401,
    code: 'ERR_SIGNATURE_MISSING',
  })
})
