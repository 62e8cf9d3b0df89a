import { env } from 'cloudflare:workers'
import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

/** The secret is set by `wrangler secret put GITHUB_WEBHOOK_SECRET`. No `nodejs_compat` is needed. */
const { fetch } = createWebhookHandler({
  provider: github({ secret: env.GITHUB_WEBHOOK_SECRET }),
  on: {
    push(event) {
      console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
    },
  },
})

// An object, because Workers take a default export that is a function for a class.
export default { fetch }
