// P3: the Node host with the GitHub provider; the raw bytes are passed on and the payload is never read.
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'

let passedOn = 0

const handler = createWebhookHandler({
  provider: github({ secret: process.env['WEBHOOK_SECRET'] }),
  dedupe: false, // the load sends one delivery again and again
  on: {
    push(_event, { rawBody }) {
      passedOn += rawBody.length
    },
  },
})

await serve(handler, { host: '127.0.0.1' })
process.on('exit', () => console.log(passedOn))
