// Runs on every supported Node, without a test runner, against the built package.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'

const secret = 'It is a secret to everybody'
const body = JSON.stringify({ ref: 'refs/heads/main', after: 'a'.repeat(40) })
const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

const refs: string[] = []
const handler = createWebhookHandler({
  provider: github({ secret }),
  on: {
    push(event) {
      refs.push(event.data.ref)
    },
  },
})

function deliver(url: string, headers: Record<string, string>): Request {
  return new Request(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': crypto.randomUUID(),
      ...headers,
    },
  })
}

const server = await serve(handler, { port: 0, host: '127.0.0.1' })
try {
  for (const send of [handler, fetch]) {
    const signed = await send(deliver(server.url, { 'x-hub-signature-256': signature }))
    assert.equal(Math.floor(signed.status / 100), 2, `signed: ${signed.status}`)
    const forged = await send(
      deliver(server.url, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }),
    )
    assert.equal(forged.status, 401)
    const unsigned = await send(deliver(server.url, {}))
    assert.equal(unsigned.status, 401)
    const read = await send(new Request(server.url))
    assert.equal(read.status, 405)
  }
  assert.deepEqual(refs, ['refs/heads/main', 'refs/heads/main'])
} finally {
  await server.close()
}
console.log(`webhook-target works on Node ${process.versions.node}`)
