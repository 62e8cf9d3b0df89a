// P5: the GitHub provider as a Cloud Function.
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { createWebhookHandler } from 'webhook-target'
import { toCloudFunction } from 'webhook-target/adapters/cloud-functions'
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

http('hook', toCloudFunction(handler))
getTestServer('hook').listen(Number(process.env['PORT']), '127.0.0.1')
