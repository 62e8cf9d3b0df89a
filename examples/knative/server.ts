/** A push to the main branch is deployed: a container for Knative, Cloud Run or any other platform. */
import { createWebhookHandler, drop } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'
import { deploy } from './deploy.ts'

export const handler = createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    async push(event, context) {
      if (event.data.ref !== 'refs/heads/main') return drop('not main')
      await deploy(event.data.after, { key: event.key, signal: context.signal })
      return undefined
    },
  },
})

const { url } = await serve(handler)
console.log(`ready ${url}`)
