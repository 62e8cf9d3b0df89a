/** The senders that `npm run send` can play. */
import type { Provider } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import {
  githubHeaders,
  githubSample,
  jsonHeaders,
  slackHeaders,
  slackSample,
  stripeSample,
  tokenSample,
  type Headers,
} from './samples.ts'
import type { SecretName } from './secrets.ts'
import { inHeader, inPayload, tokenSender } from './token.ts'

export interface Sender {
  readonly path: string
  readonly secretName: SecretName
  readonly defaultEvent: string
  readonly headers: (event: string) => Headers
  readonly sample: (event: string) => string
  readonly provider: (secret: string) => Pick<Provider, 'name' | 'verify'>
}

export const senders: Readonly<Record<string, Sender>> = {
  github: {
    path: '/github',
    secretName: 'GITHUB_WEBHOOK_SECRET',
    defaultEvent: 'push',
    headers: githubHeaders,
    sample: githubSample,
    provider: (secret) => github({ secret }),
  },
  slack: {
    path: '/slack',
    secretName: 'SLACK_SIGNING_SECRET',
    defaultEvent: 'app_mention',
    headers: slackHeaders,
    sample: slackSample,
    provider: (secret) => slack({ secret }),
  },
  stripe: {
    path: '/stripe',
    secretName: 'STRIPE_WEBHOOK_SECRET',
    defaultEvent: 'payment_intent.succeeded',
    headers: jsonHeaders,
    sample: stripeSample,
    provider: (secret) => stripe({ secret }),
  },
  token: {
    path: '/token',
    secretName: 'TOKEN_WEBHOOK_SECRET',
    defaultEvent: 'order.paid',
    headers: jsonHeaders,
    sample: tokenSample,
    provider: (secret) => tokenSender(inHeader(secret)),
  },
  'token-in-payload': {
    path: '/token',
    secretName: 'TOKEN_WEBHOOK_SECRET',
    defaultEvent: 'order.paid',
    headers: jsonHeaders,
    sample: tokenSample,
    provider: (secret) => tokenSender(inPayload(secret)),
  },
}
