/**
 * A push to the main branch is announced: a function for Cloud Run functions.
 *
 *   gcloud run deploy webhook --source . --function webhook --base-image nodejs24 \
 *     --region europe-west1 --allow-unauthenticated --timeout 30 --set-env-vars NODE_ENV=production \
 *     --set-secrets GITHUB_WEBHOOK_SECRET=github-webhook-secret:latest
 *
 * The signature is what lets GitHub in, hence `--allow-unauthenticated`: it can't get a token of Google's.
 */
import { http } from '@google-cloud/functions-framework'
import { createWebhookHandler, drop } from 'webhook-target'
import { toCloudFunction } from 'webhook-target/adapters/cloud-functions'
import { github } from 'webhook-target/providers/github'

const handler = createWebhookHandler({
  provider: github({ secret: process.env['GITHUB_WEBHOOK_SECRET'] }),
  on: {
    push(event) {
      const { after, ref, repository } = event.data
      if (ref !== 'refs/heads/main') return drop('not main')
      console.log(`${repository.full_name} is at ${after}`)
      return undefined
    },
  },
})

http('webhook', toCloudFunction(handler))
