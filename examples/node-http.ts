/** Webhooks in a server of node:http that is there already. A server of its own is `serve()`. */
import { createServer } from 'node:http'
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

export const server = createServer((request, response) => {
  if (request.url?.startsWith('/webhooks/')) void adapter(request, response)
  else response.end('the rest of the application')
})
server.listen(Number(process.env['PORT'] ?? 3000))
