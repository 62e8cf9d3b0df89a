// P14: what the stored ones are held against; nothing is remembered.
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'

const handler = createWebhookHandler({
  provider: github({ secret: process.env['WEBHOOK_SECRET'] }),
  dedupe: false,
  on: { push: () => {} },
})

await serve(handler, { host: '127.0.0.1' })
