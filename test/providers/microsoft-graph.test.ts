/** Notifications of Microsoft Graph without an id: the next change of a resource reads the same. */
import { createWebhookHandler, type Provider } from 'webhook-target'
import { microsoftGraph } from 'webhook-target/providers/microsoft-graph'
import { sign } from 'webhook-target/testing'
import { expect, test } from 'vitest'

const provider: Provider = microsoftGraph({ secret: 'a client state' })
const resource = { subscriptionId: 's-1', changeType: 'updated', resource: 'me/drive/root' }

async function deliverTwice(notification: object): Promise<readonly (string | undefined)[]> {
  const ids: (string | undefined)[] = []
  const handler = createWebhookHandler({
    provider,
    on: { updated: ({ id }) => void ids.push(id) },
  })
  const url = 'https://hooks.example.com/in'
  for (let time = 0; time < 2; time++) {
    const body = { value: [notification] }
    expect((await handler(await sign(provider, { url, body }))).status).toBe(200)
  }
  return ids
}

test('two without an id are two changes', async () => {
  expect(new Set(await deliverTwice(resource)).size).toBe(2)
})

test('two with the same id are one', async () => {
  expect(await deliverTwice({ ...resource, id: 'n-1' })).toEqual(['s-1:n-1'])
})
