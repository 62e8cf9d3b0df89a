/** A receiver in a process of its own, to be stopped by signals. */
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as wait } from 'node:timers/promises'
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'
import { SECRET } from '../../support/senders.ts'

let received = 0
let worked = 0
subscribe('http.server.request.start', () => void received++)
const handler = createWebhookHandler({
  provider: github({ secret: SECRET }),
  on: {
    async push() {
      await wait(20)
      worked++
    },
    async slow() {
      console.log('slow begins')
      await wait(700)
      worked++
    },
    stuck() {
      console.log('stuck begins')
      setInterval(() => {}, 1000)
      return new Promise<void>(() => {})
    },
  } as Record<string, () => Promise<void>>,
})

const { port } = await serve(handler, {
  port: 0,
  host: '127.0.0.1',
  drainSeconds: Number(process.env['DRAIN_SECONDS'] ?? 8),
})
process.on('exit', () => console.log(`received ${received}, worked ${worked}`))
console.log(`ready ${port}`)
