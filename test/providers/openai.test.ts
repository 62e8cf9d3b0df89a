import { createHmac } from 'node:crypto'
import { openai } from 'webhook-target/providers/openai'
import { expect, test } from 'vitest'
import { NOW, receive } from './deliver.ts'

const body = '{"id":"evt_1","type":"batch.completed"}'

function signedWith(key: string | Uint8Array): Request {
  const signature = createHmac('sha256', key).update(`wh_1.${NOW}.${body}`).digest('base64')
  return new Request('https://hooks.example.com/', {
    method: 'POST',
    headers: {
      'webhook-id': 'wh_1',
      'webhook-timestamp': String(NOW),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  })
}

test.each([
  {
    name: 'base64 after whsec_',
    secret: 'whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==',
    key: Buffer.from('secret of the endpoint'),
  },
  {
    name: 'text without it, even if it could be base64',
    secret: 'c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==',
    key: 'c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==',
  },
])('a secret is $name', async ({ secret, key }) => {
  const { events, code } = await receive(openai({ secret }), signedWith(key))
  expect(code).toBeUndefined()
  expect(events).toMatchObject([{ type: 'batch.completed', id: 'wh_1' }])
})
