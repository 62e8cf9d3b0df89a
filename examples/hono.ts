import { Hono } from 'hono'
import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

const handler = createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    push(event) {
      console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
    },
  },
})

const app = new Hono()
// `raw` is the request as it came: mount ahead of anything that reads the body.
app.post('/webhooks/github', (c) => handler(c.req.raw))

export default app
