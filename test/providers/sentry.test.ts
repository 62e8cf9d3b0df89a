import { createWebhookHandler, reply } from 'webhook-target'
import { sentry } from 'webhook-target/providers/sentry'
import { expect, test } from 'vitest'
import { receive, signed, withHeaders } from './deliver.ts'

const sender = sentry({ secret: 'client secret' })
const HOOK = 'sentry-hook-signature'
const APP = 'sentry-app-signature'
const body = { action: 'created', data: {} }

/** A signed webhook, with what its sender's signature is put into. */
async function signedUnder(headers: (own: string) => Readonly<Record<string, string | undefined>>) {
  const request = await signed(sender, { body, headers: { 'sentry-hook-resource': 'issue' } })
  return withHeaders(request, headers(request.headers.get(HOOK)!))
}

const zero = '0'.repeat(64)

test.each([
  { name: 'the name of webhooks', headers: (own: string) => ({ [HOOK]: own }), status: 200 },
  {
    name: 'the name of UI components',
    headers: (own: string) => ({ [HOOK]: undefined, [APP]: own }),
    status: 200,
  },
  { name: 'neither', headers: () => ({ [HOOK]: undefined }), status: 401 },
  {
    name: 'a wrong one beside a right one',
    headers: (own: string) => ({ [HOOK]: zero, [APP]: own }),
    status: 401,
  },
])('signed under $name: $status', async ({ headers, status }) => {
  expect((await receive(sender, await signedUnder(headers))).status).toBe(status)
})

test('a UI component is answered by an effect', async () => {
  const handler = createWebhookHandler({
    provider: sender,
    on: { 'ui-component': () => reply({ webUrl: 'https://example.com', project: 'p' }) },
  })
  const request = await signed(sender, { body: { fields: {}, installationId: 'i' } })
  const answer = await handler(
    withHeaders(request, { [APP]: request.headers.get(HOOK)!, [HOOK]: undefined }),
  )
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { webUrl: 'https://example.com', project: 'p' },
  ])
})

test('an empty body under a JSON type is signed like any other', async () => {
  const types: string[] = []
  const handler = createWebhookHandler({
    provider: sender,
    on: { '*': ({ type }) => void types.push(type) },
    telemetry: {},
  })
  const headers = { 'content-type': 'application/json', 'sentry-hook-resource': 'installation' }
  const request = await signed(sender, { body: '', headers })
  expect((await handler(request)).status).toBe(200)
  const wrong = withHeaders(await signed(sender, { body: '', headers }), { [HOOK]: zero })
  expect((await handler(wrong)).status).toBe(401)
  expect(types).toEqual(['installation'])
})
