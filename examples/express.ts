import express from 'express'
import { createWebhookHandler, mount } from 'webhook-target'
import { toServerAdapter } from 'webhook-target/adapters/whatwg'
import { github } from 'webhook-target/providers/github'

const webhooks = mount({
  '/webhooks/github': createWebhookHandler({
    provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
    on: {
      push(event) {
        console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
      },
    },
  }),
})

const app = express()
// Ahead of express.json(): a signature is over the bytes, which a parser throws away.
app.use('/webhooks', toServerAdapter(webhooks))
app.use(express.json())
app.post('/echo', (request, response) => void response.json(request.body))

export const server = app.listen(Number(process.env['PORT'] ?? 3000))
