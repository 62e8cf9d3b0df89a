/**
 * The one application that every host serves: nothing in it knows where it runs. Its secrets come from
 * whatever the host calls its environment.
 */
import {
  createWebhookHandler,
  defineProvider,
  mount,
  reply,
  type WebhookHandler,
} from 'webhook-target'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { meta } from 'webhook-target/providers/meta'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { hmac } from 'webhook-target/schemes/hmac'

/** Long enough that parallel duplicates overlap. */
const WORK_MS = 30
/** What an effect throws, and no sender may ever see. */
const CONFESSION = 'password of the database: hunter2'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export function createApp(env: Readonly<Record<string, string | undefined>>): WebhookHandler {
  const runs = new Map<string | undefined, number>()
  /** How often an event has been worked on: what duplicates must not raise. */
  function countRun(id: string | undefined): number {
    const count = (runs.get(id) ?? 0) + 1
    runs.set(id, count)
    return count
  }

  const gitHub = createWebhookHandler({
    provider: github({ secret: env['GITHUB_WEBHOOK_SECRET'] }),
    limits: { maxBodyBytes: 256 * 1024 },
    telemetry: {},
    on: {
      async push(event, { params }) {
        const count = countRun(event.id)
        await pause(WORK_MS)
        return reply({ runs: count, ref: event.data.ref, ...params })
      },
      async issues(_event, { request }) {
        return reply({ method: request.method, url: request.url, body: await request.text() })
      },
      release() {
        throw new Error(CONFESSION)
      },
    },
  })

  const impatient = defineProvider({
    name: 'impatient',
    verify: hmac({
      secret: env['GITHUB_WEBHOOK_SECRET'],
      header: 'x-hub-signature-256',
      prefix: 'sha256=',
    }),
    acknowledge: { deadlineSeconds: 0.6 },
  })

  return mount({
    '/github': gitHub,
    '/tenants/:tenant/github': gitHub,
    '/impatient': createWebhookHandler({
      provider: impatient,
      telemetry: {},
      on: { '*': () => pause(2000) },
    }),
    '/stripe': createWebhookHandler({
      provider: stripe({ secret: env['STRIPE_WEBHOOK_SECRET'] }),
      telemetry: {},
      on: { '*': (event) => reply({ runs: countRun(event.id), type: event.type }) },
    }),
    '/slack': createWebhookHandler({
      provider: slack({ secret: env['SLACK_SIGNING_SECRET'] }),
      telemetry: {},
      on: { '*': (event) => reply({ type: event.type }) },
    }),
    '/meta': createWebhookHandler({
      provider: meta({ secret: env['META_APP_SECRET'], verifyToken: env['META_VERIFY_TOKEN'] }),
      telemetry: {},
      on: {},
    }),
    '/discord': createWebhookHandler({
      provider: discord({ publicKey: env['DISCORD_PUBLIC_KEY'], mode: 'interactions' }),
      telemetry: {},
      on: {},
    }),
    '/standard-webhooks': createWebhookHandler({
      provider: standardWebhooks({ secret: env['STANDARD_WEBHOOKS_SECRET'] }),
      telemetry: {},
      on: { '*': (event) => reply({ runs: countRun(event.id), type: event.type }) },
    }),
  })
}
