/** What happens with the deliveries of each sender: one handler, one endpoint, one provider. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  createWebhookHandler,
  drop,
  reply,
  type AcknowledgeMode,
  type Inbox,
  type Provider,
  type WebhookHandler,
  type WebhookHandlerOptions,
} from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { deliveryLog, say } from './log.ts'
import type { SecretName, Secrets } from './secrets.ts'
import { token } from './token.ts'

export interface EndpointOptions {
  readonly inbox: Inbox
  readonly acknowledge: AcknowledgeMode
  /** Milliseconds that the work on a push takes. */
  readonly workMs: number
}

export function createEndpoints(
  secrets: Secrets,
  { inbox, acknowledge, workMs }: EndpointOptions,
): Record<string, WebhookHandler> {
  function endpoint<Events extends object>(
    secretName: SecretName,
    provider: Provider<Events>,
    on: WebhookHandlerOptions<Events>['on'],
  ): WebhookHandler {
    const telemetry = deliveryLog(provider.verify.name, secretName)
    return createWebhookHandler<Events>({ provider, on, inbox, acknowledge, telemetry })
  }

  return {
    '/github': endpoint(
      'GITHUB_WEBHOOK_SECRET',
      github({ secret: secrets.GITHUB_WEBHOOK_SECRET }),
      {
        async push(event, { attempt, signal }) {
          const { commits, pusher, ref, repository } = event.data
          if (!ref.startsWith('refs/heads/')) return drop(`${ref} is no branch`)
          if (workMs > 0) {
            say(event, `begins, attempt ${attempt}`)
            await pause(workMs, undefined, { signal })
          }
          say(event, `${pusher.name} pushed ${commits.length} to ${ref} of ${repository.full_name}`)
          return undefined
        },
        'pull_request.opened': (event) => say(event, `opened "${event.data.pull_request.title}"`),
        '*': (event) => say(event, 'no effect for this type, acknowledged'),
      },
    ),

    '/slack': endpoint('SLACK_SIGNING_SECRET', slack({ secret: secrets.SLACK_SIGNING_SECRET }), {
      '/deploy'(event) {
        say(event, 'answered in the channel')
        return reply({ response_type: 'in_channel', text: 'Deploying' })
      },
      '*': (event) => say(event, 'seen'),
    }),

    '/stripe': endpoint(
      'STRIPE_WEBHOOK_SECRET',
      stripe({ secret: secrets.STRIPE_WEBHOOK_SECRET }),
      {
        'payment_intent.succeeded'(event) {
          const { amount, currency } = event.data.data.object
          say(event, `booked ${amount} in the smallest unit of ${currency}`)
        },
        '*': (event) => say(event, 'seen'),
      },
    ),

    '/token': endpoint('TOKEN_WEBHOOK_SECRET', token(secrets.TOKEN_WEBHOOK_SECRET), {
      '*': (event) => say(event, 'done'),
    }),
  }
}
