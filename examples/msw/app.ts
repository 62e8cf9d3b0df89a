/** The application: a push to the main branch starts a deployment over another service's API. */
import { createWebhookHandler, drop } from 'webhook-target'
import { github } from 'webhook-target/providers/github'

export const handler = createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    async push(event, { signal }) {
      if (event.data.ref !== 'refs/heads/main') return drop('not main')
      const response = await fetch('https://deploy.example.com/deployments', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': event.key },
        body: JSON.stringify({ commit: event.data.after }),
        signal,
      })
      if (!response.ok) throw new Error(`The deployment service answered ${response.status}`)
      return undefined
    },
  },
})
