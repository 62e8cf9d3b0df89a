import { generateKeyPairSync } from 'node:crypto'
import {
  createWebhookHandler,
  type Outcome,
  type Provider,
  type WebhookContext,
  type WebhookEvent,
} from 'webhook-target'
import { sign, type Message } from 'webhook-target/testing'

/** Seconds since 1970: what every clock in these tests shows. */
export const NOW = 1_700_000_000
const now = NOW * 1000

const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
const privateKey = new Uint8Array(Buffer.from(jwk.d!, 'base64url'))
/** Of the sender whose signatures `signed` makes where it takes a private key. */
export const publicKey = Buffer.from(jwk.x!, 'base64url').toString('hex')

export interface Seen extends Pick<WebhookEvent, 'type' | 'id' | 'key' | 'timestamp' | 'data'> {
  readonly attempt: number
  readonly subtype: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly events: readonly Seen[]
  readonly code: string | undefined
}

interface Options {
  readonly publicUrl?: string
  readonly outcome?: Outcome
  /** Milliseconds since 1970, for the sender. @default NOW */
  readonly sentAt?: number
}

/** Brings a request to an endpoint of the provider, and tells what came of it. */
export async function receive<Events extends object>(
  provider: Provider<Events>,
  request: Request,
  { publicUrl, outcome }: Options = {},
): Promise<Answer> {
  const events: Seen[] = []
  let code: string | undefined
  const handler = createWebhookHandler({
    provider: provider as unknown as Provider,
    on: {
      '*'(event, context) {
        events.push(look(event, context))
        return outcome
      },
    },
    clock: () => now,
    telemetry: { onDelivery: ({ error }) => (code = error?.code) },
    ...(publicUrl !== undefined && { publicUrl }),
  })
  const response = await handler(request)
  const headers = Object.fromEntries(response.headers)
  return { status: response.status, headers, text: await response.text(), events, code }
}

function look(event: WebhookEvent, { attempt }: WebhookContext): Seen {
  const { type, id, key, timestamp, data } = event
  // What `on` looks up for a finer type is no part of the event's interface.
  const { subtype } = event as WebhookEvent & { readonly subtype: string | undefined }
  return { type, id, key, timestamp, data, attempt, subtype }
}

/** A request as the sender of the provider signs it. */
export async function signed<Events extends object>(
  provider: Provider<Events>,
  message: Message,
  { sentAt = now }: Options = {},
): Promise<Request> {
  const asymmetric = provider.verify.name === 'ed25519'
  return sign(provider, message, { now: sentAt, ...(asymmetric && { privateKey }) })
}

/** Signs a message and brings it to an endpoint of the same provider. */
export async function deliver<Events extends object>(
  provider: Provider<Events>,
  message: Message,
  options: Options = {},
): Promise<Answer> {
  return receive(provider, await signed(provider, message, options), options)
}

/** The request again, with some header fields changed, or taken away if `undefined`. */
export function withHeaders(
  request: Request,
  changes: Readonly<Record<string, string | undefined>>,
): Request {
  const changed = request.clone()
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.headers.delete(name)
    else changed.headers.set(name, value)
  }
  return changed
}
