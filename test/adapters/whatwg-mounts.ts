/** The places a server adapter is mounted in, each started on a free port. */
import { createServer, type RequestListener, type Server } from 'node:http'
import express from 'express'
import fastify, { type FastifyInstance } from 'fastify'
import Koa from 'koa'
import type { WebhookServerAdapter } from 'webhook-target/adapters/whatwg'
import {
  closed,
  listening,
  sendExact,
  type ExactRequest,
  type ExactResponse,
} from '../support/exact-http.ts'
import { toRequest } from '../support/doors.ts'

export interface Mounted {
  send(sent: ExactRequest): Promise<ExactResponse>
  close(): Promise<void>
}

export interface Mount {
  readonly name: string
  /** A router stands in front, with answers of its own to odd paths. */
  readonly router?: boolean
  /** No socket: a Request has one Host and no repeated lines. */
  readonly fetch?: boolean
  open(adapter: WebhookServerAdapter): Promise<Mounted>
}

const listenerMount = (
  name: string,
  toListener: (adapter: WebhookServerAdapter) => RequestListener,
): Mount => ({ name, open: (adapter) => start(createServer(toListener(adapter))) })

const expressMount = (
  name: string,
  mount: (app: express.Express, adapter: WebhookServerAdapter) => void,
): Mount => ({
  name,
  router: true,
  open(adapter) {
    const app = express()
    mount(app, adapter)
    return start(createServer(app))
  },
})

const koaMount = (
  name: string,
  mount: (app: Koa, adapter: WebhookServerAdapter) => void,
): Mount => ({
  name,
  router: true,
  open(adapter) {
    const app = new Koa()
    app.silent = true
    mount(app, adapter)
    const listener = app.callback()
    return start(createServer((request, response) => void listener(request, response)))
  },
})

const fastifyMount = (
  name: string,
  mount: (app: FastifyInstance, adapter: WebhookServerAdapter) => void,
): Mount => ({
  name,
  router: true,
  async open(adapter) {
    const app = fastify()
    mount(app, adapter)
    await app.ready()
    return start(app.server)
  },
})

async function start(server: Server): Promise<Mounted> {
  const port = await listening(server)
  return { send: (sent) => sendExact(port, sent), close: () => closed(server) }
}

/** Keeps the bytes beside what the parser makes of them. */
const keepRaw = (request: object, _response: unknown, bytes: Buffer) =>
  void Object.assign(request, { rawBody: bytes })

const sendItself: Parameters<typeof fastifyMount>[1] = (app, adapter) => {
  app.all('/hooks/*', async (request, reply) => {
    const response = await adapter.handleNodeRequestAndResponse(request, reply)
    reply.status(response.status)
    for (const [name, value] of response.headers) reply.header(name, value)
    return reply.send(await response.text())
  })
}

/** Where the adapter gets at the exact bytes. */
export const MOUNTS: readonly Mount[] = [
  listenerMount('node:http', (adapter) => adapter),
  listenerMount('node:http, requestListener', ({ requestListener }) => requestListener),
  expressMount('Express', (app, adapter) => app.use(adapter)),
  expressMount('Express, under a prefix', (app, adapter) => app.use('/hooks', adapter)),
  expressMount('Express, as a route behind express.raw()', (app, adapter) => {
    app.all('/hooks/:name', express.raw({ type: '*/*' }), adapter)
  }),
  expressMount('Express behind express.json({ verify })', (app, adapter) => {
    app.use(express.json({ verify: keepRaw }), adapter)
  }),
  expressMount('Express behind express.json({ verify }) that keeps text', (app, adapter) => {
    const verify = (request: object, _response: unknown, bytes: Buffer) =>
      void Object.assign(request, { rawBody: bytes.toString() })
    app.use(express.json({ verify }), adapter)
  }),
  fastifyMount('Fastify', (app, adapter) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/hooks/*', (request, reply) => {
      reply.hijack()
      return adapter(request.raw, reply.raw)
    })
  }),
  fastifyMount('Fastify that parses into buffers and sends itself', (app, adapter) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    sendItself(app, adapter)
  }),
  koaMount('Koa', (app, adapter) => {
    app.use((context) => {
      context.respond = false
      return adapter(context.req, context.res)
    })
  }),
  koaMount('Koa that has changed the path and sends itself', (app, adapter) => {
    app.use(async (context) => {
      context.path = '/elsewhere'
      const response = await adapter.handleNodeRequestAndResponse(context.request, context.res)
      context.status = response.status
      for (const [name, value] of response.headers) context.append(name, value)
      context.body = await response.text()
    })
  }),
  {
    name: 'adapter.fetch(request)',
    fetch: true,
    async open(adapter) {
      return {
        async send({ lines = [], chunked, ...sent }) {
          const request = toRequest(
            chunked ? { ...sent, body: [Buffer.from(sent.body as string)] } : sent,
          )
          for (const [name, value] of lines) request.headers.append(name, value)
          const response = await adapter.fetch(request)
          return {
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: await response.text(),
          }
        },
        async close() {},
      }
    },
  },
]

/** Where a parser has taken the bytes away. */
export const BLIND_MOUNTS: readonly Mount[] = [
  expressMount('Express behind express.json()', (app, adapter) => {
    app.use(express.json(), adapter)
  }),
  expressMount('Express behind express.text()', (app, adapter) => {
    app.use(express.text({ type: '*/*' }), adapter)
  }),
  fastifyMount('Fastify with its own parsers', (app, adapter) => {
    app.all('/hooks/*', (request, reply) => {
      reply.hijack()
      return adapter(request.raw, reply.raw)
    })
  }),
  fastifyMount('Fastify with its own parsers that sends itself', sendItself),
  koaMount('Koa behind a parser', (app, adapter) => {
    app.use(async (context, next) => {
      const chunks: Buffer[] = []
      for await (const chunk of context.req) chunks.push(chunk as Buffer)
      Object.assign(context.request, { body: JSON.parse(Buffer.concat(chunks).toString()) })
      await next()
    })
    app.use((context) => {
      context.respond = false
      return adapter(context.req, context.res)
    })
  }),
]
