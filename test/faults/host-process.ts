/** A receiver with options of the host, or with a sender who publishes keys, in a process of its own. */
import { createWebhookHandler, defineProvider, header } from 'webhook-target'
import { serve, type ServeOptions } from 'webhook-target/adapters/node'
import { sqlite } from 'webhook-target/engines/sqlite'
import { hmac } from 'webhook-target/schemes/hmac'
import { jwt } from 'webhook-target/schemes/jwt'
import { SECRET } from '../support/senders.ts'
import { openSink } from './sink.ts'

export interface HostConfig {
  readonly store: string
  readonly sink: string
  readonly serve?: ServeOptions
  /** @default 1 MiB */
  readonly maxBodyBytes?: number
  /** Where keys are, in place of a secret. Only this process takes the address for that of the sender. */
  readonly keys?: {
    readonly url: string
    readonly ttlSeconds?: number
    readonly negativeTtlSeconds?: number
    readonly staleSeconds?: number
  }
}

const config = JSON.parse(process.argv[2]!) as HostConfig
const write = openSink(config.sink)

const handler = createWebhookHandler({
  provider: defineProvider({
    name: 'faults',
    verify: config.keys ? published(config.keys) : secret(),
    event: { type: header('x-github-event'), id: header('x-github-delivery') },
    acknowledge: { deadlineSeconds: 3 },
  }),
  inbox: sqlite(config.store),
  acknowledge: 'stored',
  ...(config.maxBodyBytes && { limits: { maxBodyBytes: config.maxBodyBytes } }),
  on: {
    '*'({ id = '', data }, { attempt }) {
      write(id, attempt, 'start')
      void data
      write(id, attempt, 'done')
    },
  },
})

function secret() {
  return hmac({ secret: SECRET, header: 'x-hub-signature-256', prefix: 'sha256=' })
}

/** Keys are fetched over https only, and from the default port. */
function published({ url, ...download }: NonNullable<HostConfig['keys']>) {
  return jwt({
    algorithms: ['RS256'],
    audience: 'https://hooks.example.com/in',
    jwks: 'https://keys.example.com/jwks',
    download: { ...download, fetch: (_url, init) => fetch(url, init) },
  })
}

const { port } = await serve(handler, { port: 0, host: '127.0.0.1', ...config.serve })
console.log(`ready ${port}`)
