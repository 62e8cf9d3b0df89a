// P1, P2: the Node host with the GitHub provider; the payload is read.
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'

const handler = createWebhookHandler({
  provider: github({ secret: process.env['WEBHOOK_SECRET'] }),
  dedupe: false, // the load sends one delivery again and again
  on: {
    push(event) {
      if (event.data.ref === undefined) throw new Error('The push has no ref')
    },
  },
})

await serve(handler, { host: '127.0.0.1' })
