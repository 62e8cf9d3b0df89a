import { buildkite } from 'webhook-target/providers/buildkite'
import { expect, test } from 'vitest'
import { receive, signed } from './deliver.ts'

const secret = '309c9c842g8565adecpd7469x6005989'
const token = buildkite({ secret })
const signature = buildkite({ secret, mode: 'signature' })

test.each([
  { name: 'a token where a signature is due', sender: token, receiver: signature },
  { name: 'a signature where a token is due', sender: signature, receiver: token },
])('$name is refused', async ({ sender, receiver }) => {
  const request = await signed(sender, { body: { event: 'ping' } })
  expect((await receive(sender, request.clone())).status).toBe(200)
  expect((await receive(receiver, request)).status).toBe(401)
})

test('an unknown mode is no mode', () => {
  const options = { secret, mode: 'any' as 'token' }
  expect(() => buildkite(options)).toThrow(/mode "token" or "signature"/)
})
