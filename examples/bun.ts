import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

/** `bun run examples/bun.ts` listens on PORT; Bun serves whatever the default export can `fetch`. */
export default createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    push(event) {
      console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
    },
  },
})
