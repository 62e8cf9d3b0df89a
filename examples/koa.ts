import Koa from 'koa'
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

const adapter = toServerAdapter(webhooks)
const app = new Koa()

// Ahead of body parsers: a signature is over the bytes.
app.use((context, next) => {
  if (!context.path.startsWith('/webhooks/')) return next()
  context.respond = false
  return adapter(context.req, context.res)
})
app.use((context) => {
  context.body = 'the rest of the application'
})

export const server = app.listen(Number(process.env['PORT'] ?? 3000))
