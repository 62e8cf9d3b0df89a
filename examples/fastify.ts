import fastify from 'fastify'
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
const app = fastify()

// A scope of its own without parsers: a signature is over the bytes. The other routes keep theirs.
await app.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/webhooks/*', (request, reply) => {
    reply.hijack()
    return adapter(request.raw, reply.raw)
  })
})
app.post('/echo', (request) => request.body)

await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
export const { server } = app
