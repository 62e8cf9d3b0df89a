// P4: our own handler behind a Fetch function, as a router of the user's would call it.
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

function route(request: Request): Response | Promise<Response> {
  return request.url.endsWith('/github') ? handler(request) : new Response(null, { status: 404 })
}

await serve(route, { host: '127.0.0.1' })
