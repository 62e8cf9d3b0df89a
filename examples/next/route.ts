/** `app/webhooks/github/route.ts` of an application with the app router. */
import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

// `next build` runs this file too: the variable must be set then, as it is on Vercel.
export const POST = createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    push(event) {
      console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
    },
  },
})
