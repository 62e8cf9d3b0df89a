import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

// Deno brings its types along; here stands the part of them in use.
declare const Deno: { env: { get(name: string): string | undefined } }

/** `deno serve --allow-env=GITHUB_WEBHOOK_SECRET --port 8080 examples/deno.ts` */
export default createWebhookHandler({
  provider: github({ secret: Deno.env.get('GITHUB_WEBHOOK_SECRET') }),
  on: {
    push(event) {
      console.log(`${event.data.repository.full_name} was pushed to`, event.data.ref)
    },
  },
})
