// P1: the same with deduplication, which is the default; every delivery has an id of its own.
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'

const handler = createWebhookHandler({
  provider: github({ secret: process.env['WEBHOOK_SECRET'] }),
  on: {
    push(event) {
      if (event.data.ref === undefined) throw new Error('The push has no ref')
    },
  },
})

await serve(handler, { host: '127.0.0.1' })
