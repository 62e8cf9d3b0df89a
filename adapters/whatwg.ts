import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  createServerAdapter,
  sendNodeResponse,
  Response as AdapterResponse,
  type ServerAdapterPlugin,
} from '@whatwg-node/server'
import type { HostContext, ReplyParts, WebhookHandler } from '../src/types.ts'
import {
  FAILED,
  FrameworkParts,
  MALFORMED,
  type FrameworkFields,
  type FrameworkMessage,
} from './lib/framework-parts.ts'
import { hostTelemetry } from './lib/node-log.ts'
import { closeIfUnread } from './lib/node-parts.ts'
import { platformTimeout } from './lib/platform.ts'
import { createReadForwarded, type ReadForwarded } from './lib/trusted-proxy.ts'

export type { FrameworkFields, FrameworkMessage } from './lib/framework-parts.ts'

export interface ServerAdapterOptions {
  /**
   * Plugins of `@whatwg-node/server`. They may answer first and see every response; a delivery is verified as
   * it came over the wire, whatever they make of the request.
   */
  readonly plugins?: readonly ServerAdapterPlugin[]
  /**
   * Seconds after which the platform gives up on a request.
   *
   * @default WEBHOOK_PLATFORM_TIMEOUT_SECONDS or CLOUD_RUN_TIMEOUT_SECONDS, else unlimited
   */
  readonly platformTimeoutSeconds?: number
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-*` headers are believed.
   *
   * @default none
   */
  readonly trustedProxies?: readonly string[]
}

/** A request of node:http and Express, of Fastify (`raw`) or of Koa (`req`). */
export type NodeRequest =
  | FrameworkMessage
  | (FrameworkFields & { readonly raw: IncomingMessage })
  | (FrameworkFields & { readonly req: IncomingMessage })
/** A response of node:http and Express, or of Fastify. */
export type NodeResponse = ServerResponse | { readonly raw: ServerResponse }

/** The doors of an adapter of `@whatwg-node/server`. None of them rejects because of what a sender sent. */
export interface WebhookServerAdapter {
  /** A request listener: `createServer(adapter)`, `app.use(adapter)`. */
  (request: FrameworkMessage, response: ServerResponse): Promise<void>
  (request: Request): Promise<Response>
  readonly requestListener: (request: FrameworkMessage, response: ServerResponse) => Promise<void>
  /** For frameworks that want to send the response themselves. */
  readonly handleNodeRequestAndResponse: (
    request: NodeRequest,
    response: NodeResponse,
  ) => Promise<Response>
  readonly fetch: (request: Request) => Promise<Response>
  /** Runs what plugins have to do at the end. */
  readonly dispose: () => Promise<void>
}

/** What travels past the plugins, from a Node door to the handler. */
interface ServerContext {
  readonly req?: IncomingMessage
  readonly res?: ServerResponse
  readonly parts?: FrameworkParts
}

const REMEDY =
  'Mount the adapter ahead of app.use(express.json()), or keep the bytes: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }). In Fastify: removeAllContentTypeParsers(), then addContentTypeParser("*", (_request, _payload, done) => done(null))'

/**
 * Mounts a handler through `@whatwg-node/server`: in node:http, Express, Fastify and Koa, ahead of or behind
 * a body parser that keeps the raw bytes, and beside Fetch routes. Paths are those on the request line,
 * whatever prefix the framework's router has taken off.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @example
 * app.use('/webhooks', toServerAdapter(mount({ '/webhooks/github': handler }))) // Express
 * app.use((context) => { context.respond = false; return adapter(context.req, context.res) }) // Koa
 * @see https://the-guild.dev/open-source/whatwg-node
 */
export function toServerAdapter(
  handler: WebhookHandler,
  options: ServerAdapterOptions = {},
): WebhookServerAdapter {
  const { env } = process
  const host: HostContext = {
    telemetry: hostTelemetry(env),
    ...platformTimeout(options.platformTimeoutSeconds, env),
  }
  const readForwarded = createReadForwarded(options.trustedProxies)
  const readSecure: ReadForwarded = (peer, headers) => {
    const { clientAddress, origin } = readForwarded(peer, headers)
    return { clientAddress, origin: origin.replace(/^http:/, 'https:') }
  }

  const adapter = createServerAdapter<ServerContext>(
    async (request, { parts, res }) => {
      if (!parts) return handler(request, host)
      const reply = await handler.receive(parts, host)
      if (res) closeIfUnread(res)
      return toResponse(reply)
    },
    { plugins: [...(options.plugins ?? [])] },
  )

  async function handleNodeRequestAndResponse(
    request: NodeRequest,
    response: NodeResponse,
  ): Promise<Response> {
    const message = messageOf(request)
    const res = 'raw' in response ? response.raw : response
    try {
      const parts = new FrameworkParts(message, {
        fields: request,
        readForwarded: 'encrypted' in message.socket ? readSecure : readForwarded,
        remedy: REMEDY,
      })
      if (!parts.wellFormed) return toResponse(MALFORMED)
      const context = { req: message, res, parts }
      return await adapter.handleNodeRequestAndResponse(standIn(message, parts), res, context)
    } catch (error) {
      console.error('The host failed', error)
      return toResponse(FAILED)
    }
  }

  async function requestListener(
    request: FrameworkMessage,
    response: ServerResponse,
  ): Promise<void> {
    const answer = await handleNodeRequestAndResponse(request, response)
    await sendNodeResponse(answer, response, {}, true)
  }

  const fetch = async (request: Request) => adapter.fetch(request)

  function listenOrFetch(request: FrameworkMessage, response: ServerResponse): Promise<void>
  function listenOrFetch(request: Request): Promise<Response>
  function listenOrFetch(request: FrameworkMessage | Request, response?: ServerResponse) {
    return response
      ? requestListener(request as FrameworkMessage, response)
      : fetch(request as Request)
  }

  return Object.assign(listenOrFetch, {
    requestListener,
    handleNodeRequestAndResponse,
    fetch,
    dispose: async () => adapter.dispose(),
  })
}

function messageOf(request: NodeRequest): FrameworkMessage {
  if ('raw' in request) return request.raw
  return 'req' in request ? request.req : request
}

/**
 * What `@whatwg-node/server` makes its Request from. Given the framework's own request, it would write a
 * parsed body and query anew and join repeated fields.
 */
function standIn(message: IncomingMessage, parts: FrameworkParts) {
  const { method, target, kept } = parts
  const { headers, socket } = message
  return { method, url: target, headers, socket, body: kept?.length ? kept : message }
}

function toResponse({ status, headers, body }: ReplyParts): Response {
  return new AdapterResponse(body as BodyInit | null, { status, headers })
}
