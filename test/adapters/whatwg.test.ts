import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createWebhookHandler,
  defineProvider,
  mount,
  reply,
  type DeliveryReport,
  type WebhookContext,
} from 'webhook-target'
import { toServerAdapter, type ServerAdapterOptions } from 'webhook-target/adapters/whatwg'
import { hub } from 'webhook-target/challenges/hub'
import { github } from 'webhook-target/providers/github'
import { hmac } from 'webhook-target/schemes/hmac'
import { toRequest } from '../support/doors.ts'
import { fromGitHub, hexHmac, SECRET } from '../support/senders.ts'
import { closed, listening, sendExact, type ExactRequest } from '../support/exact-http.ts'
import { BLIND_MOUNTS, MOUNTS, type Mount, type Mounted } from './whatwg-mounts.ts'

const FAULT = 'disk sda1 is full of secrets'
const MAX_BODY_BYTES = 4096
const UNSIGNED = { 'content-type': 'application/json', 'content-length': '1000' }

const reports: DeliveryReport[] = []
const contexts: WebhookContext[] = []
const addresses: (string | undefined)[] = []
const telemetry = { onDelivery: (report: DeliveryReport) => void reports.push(report) }
const limits = { maxBodyBytes: MAX_BODY_BYTES }

const signed = defineProvider({
  name: 'signed',
  verify: hmac({ secret: SECRET, header: 'x-signature', content: '{url}\n{body}' }),
  challenges: [hub({ verifyToken: 'token' })],
})

const handler = mount({
  '/hooks/github': createWebhookHandler({
    provider: github({ secret: SECRET }),
    on: {
      push: (_event, context) => {
        contexts.push(context)
        addresses.push(context.clientAddress)
      },
      ping: () => reply({ pong: 1.5 }),
      issues: () => {
        throw new Error(FAULT)
      },
    },
    limits,
    telemetry,
  }),
  '/hooks/signed': createWebhookHandler({
    provider: signed,
    on: {},
    publicUrl: 'https://hooks.example.com',
    telemetry,
  }),
})

let mounted: Mounted | undefined

afterEach(async () => {
  await mounted?.close()
  mounted = undefined
  reports.length = 0
  contexts.length = 0
  addresses.length = 0
  vi.restoreAllMocks()
})

async function send(place: Mount, sent: ExactRequest, options?: ServerAdapterOptions) {
  mounted ??= await place.open(toServerAdapter(handler, options))
  return mounted.send({ path: '/hooks/github', ...sent })
}

const withoutDetails = { body: '' }

describe.each(MOUNTS)('$name', (place) => {
  test.each([
    ['numbers and spaces', '{ "n": 1.0,  "big": 12345678901234567890 }', 'application/json'],
    ['escapes', '{"text":"caf\\u00e9 \\/ \\ud83d\\ude00 é"}', 'application/json; charset=utf-8'],
    ['a byte order mark', '\uFEFF{"a":1}', 'application/json'],
    ['an empty object', '{}', 'application/json'],
    ['a form', 'payload=%7B%22a%22%3A1.0%7D&x=%20+', 'application/x-www-form-urlencoded'],
  ])('takes the exact bytes: %s', async (_, body, contentType) => {
    const headers = { 'content-type': contentType }
    for (const chunked of [false, true]) {
      const answer = await send(place, { ...fromGitHub({ body, headers }), chunked })
      expect(answer).toMatchObject({ status: 200, ...withoutDetails })
    }
    expect(contexts.map(({ rawBody }) => Buffer.from(rawBody).toString())).toEqual([body, body])
  })

  test('takes bytes that are no text', async () => {
    const body = Buffer.from([0x22, 0xff, 0xfe, 0x00, 0x22])
    const headers = { 'content-type': 'application/octet-stream' }
    expect((await send(place, fromGitHub({ body, headers }))).status).toBe(200)
    expect(contexts.map(({ rawBody }) => Buffer.from(rawBody))).toEqual([body])
  })

  test('refuses a wrong signature and says nothing', async () => {
    const answer = await send(place, fromGitHub({ secret: 'another' }))
    expect(answer).toMatchObject({ status: 401, ...withoutDetails })
    expect(reports).toMatchObject([{ error: { code: 'ERR_SIGNATURE_MISMATCH' } }])
  })

  test('sends what an effect replies', async () => {
    const answer = await send(place, fromGitHub({ type: 'ping' }))
    expect(answer).toMatchObject({ status: 200, body: '{"pong":1.5}' })
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
  })

  test('names the methods it takes', async () => {
    const answer = await send(place, { method: 'PUT', body: '{}' })
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' }, ...withoutDetails })
  })

  test.each([{ chunked: false }, { chunked: true }])(
    'refuses a body over the limit ($chunked)',
    async ({ chunked }) => {
      const body = JSON.stringify({ a: 'x'.repeat(MAX_BODY_BYTES) })
      const answer = await send(place, { ...fromGitHub({ body }), chunked })
      expect(answer).toMatchObject({ status: 413, ...withoutDetails })
    },
  )

  test('keeps the query byte for byte', async () => {
    const path = '/hooks/signed?b=%20a+b&a=1&a=2&c=%C3%A9&d&e=%7E~'
    const body = '{"a":1.0}'
    const signature = createHmac('sha256', SECRET)
      .update(`https://hooks.example.com${path}\n${body}`)
      .digest('hex')
    const headers = { 'content-type': 'application/json', 'x-signature': signature }
    expect((await send(place, { path, body, headers })).status).toBe(200)
  })

  test('answers a challenge', async () => {
    const path = '/hooks/signed?hub.mode=subscribe&hub.verify_token=token&hub.challenge=1158201444'
    const answer = await send(place, { method: 'GET', path })
    expect(answer).toMatchObject({ status: 200, body: '1158201444' })
    expect(answer.headers['content-type']).toMatch(/^text\/plain\b/)
  })

  test('keeps the error of an effect in', async () => {
    const answer = await send(place, fromGitHub({ type: 'issues' }))
    expect(answer).toMatchObject({ status: 503, ...withoutDetails })
    expect(answer.headers['retry-after']).toBe('30')
    expect(reports).toMatchObject([{ error: { code: 'ERR_HANDLER_FAILED' } }])
  })

  test('refuses a repeated signature', async () => {
    const genuine = fromGitHub()
    const lines = [['x-hub-signature-256', `sha256=${hexHmac('other')}`]] as const
    const answer = await send(place, { ...genuine, lines })
    // A Request has joined the lines: what is left is no signature.
    expect(answer).toMatchObject({ status: place.fetch ? 401 : 400, ...withoutDetails })
  })

  test('keeps deliveries apart that come at once', async () => {
    await send(place, fromGitHub())
    const bodies = Array.from({ length: 24 }, (_, n) => `{"n":${n}.0}`)
    const answers = await Promise.all(bodies.map((body) => send(place, fromGitHub({ body }))))
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
    const received = contexts.slice(1).map(({ rawBody }) => Buffer.from(rawBody).toString())
    expect(received.toSorted()).toEqual(bodies.toSorted())
  })

  test('does not believe forwarded headers', async () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.9;host=evil.example',
    }
    await send(place, fromGitHub({ headers }))
    expect(contexts).toHaveLength(1)
    expect(addresses).toEqual([place.fetch ? undefined : '127.0.0.1'])
    expect(new URL(contexts[0]!.request.url).host).toBe('hooks.example.com')
  })
})

describe.each(MOUNTS.filter(({ fetch }) => !fetch))('$name', (place) => {
  test.each<[string, ExactRequest]>([
    ['a Host with a space', { host: 'a b' }],
    ['a Host with a path', { host: 'a.example/x' }],
    ['a Host with credentials', { host: 'a@b.example' }],
    ['a second Host', { lines: [['host', 'evil.example']] }],
  ])('refuses %s', async (_, sent) => {
    const answer = await send(place, { ...fromGitHub(), ...sent })
    expect(answer).toMatchObject({ status: 400, ...withoutDetails })
    expect(reports).toEqual([])
  })

  test.each(['*', 'http://evil.example/hooks/github', 'http://[::1/github', '/hooks/github#x'])(
    'takes %s for no path',
    async (path) => {
      const answer = await send(place, { ...fromGitHub(), path })
      expect(reports).toEqual([])
      // A router may have its own answer.
      if (place.router) expect(answer.status).toBeGreaterThanOrEqual(400)
      else expect(answer).toMatchObject({ status: 400, ...withoutDetails })
    },
  )
})

describe.each(BLIND_MOUNTS)('$name', (place) => {
  test('says in the log which line to change', async () => {
    const answer = await send(place, fromGitHub({ body: '{ "n": 1.0 }' }))
    expect(answer).toMatchObject({ status: 500, ...withoutDetails })
    expect(reports).toMatchObject([
      { outcome: 'unavailable', error: { code: 'ERR_BODY_CONSUMED' } },
    ])
    expect(reports[0]!.error!.message).toContain('express.json({ verify:')
    expect(contexts).toEqual([])
  })

  test('still refuses what is not signed at all', async () => {
    const headers = { 'content-type': 'application/json' }
    expect((await send(place, { body: '{"a":1}', headers })).status).toBe(401)
  })
})

describe('beside other routes', () => {
  const adapter = toServerAdapter(handler)
  const route = (request: Request) =>
    new URL(request.url).pathname.startsWith('/hooks/')
      ? adapter(request)
      : new Response('the rest of the application')

  test('takes its own', async () => {
    expect((await route(toRequest({ ...fromGitHub(), path: '/hooks/github' }))).status).toBe(200)
    expect(await (await route(toRequest({ method: 'GET' }))).text()).toContain('the rest')
    expect((await route(toRequest({ ...fromGitHub(), path: '/hooks/' }))).status).toBe(404)
  })
})

describe('plugins', () => {
  const open = (options: ServerAdapterOptions) =>
    send(MOUNTS[0]!, { method: 'GET', path: '/hooks/github' }, options)

  test('may answer first', async () => {
    const answer = await open({
      plugins: [{ onRequest: (hook) => hook.endResponse(new hook.fetchAPI.Response('up')) }],
    })
    expect(answer).toMatchObject({ status: 200, body: 'up' })
  })

  test('that throw are for the log alone', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const fail = () => {
      throw new Error(FAULT)
    }
    expect(await open({ plugins: [{ onRequest: fail }] })).toMatchObject({ status: 500, body: '' })
    expect(log).toHaveBeenCalledOnce()
    expect(log.mock.lastCall?.[1]).toMatchObject({ message: FAULT })
  })

  test('see the exact request, and can spoil nothing but their own copy', async () => {
    const body = '{ "n": 1.0 }'
    const path = '/hooks/github?b=%20a+b&a=1&a=2'
    const seen: string[] = []
    const options: ServerAdapterOptions = {
      plugins: [
        {
          async onRequest(hook) {
            seen.push(hook.request.url, await hook.request.text())
            const other = { method: 'POST', body: 'none' }
            hook.setRequest(new hook.fetchAPI.Request('http://elsewhere/', other))
          },
        },
      ],
    }
    const place = MOUNTS.find(({ name }) => name === 'Express behind express.json({ verify })')!
    expect((await send(place, { ...fromGitHub({ body }), path }, options)).status).toBe(200)
    expect(seen).toEqual([`http://hooks.example.com${path}`, body])
  })

  test('that read the body are named in the log', async () => {
    const options: ServerAdapterOptions = {
      plugins: [{ onRequest: async ({ request }) => void (await request.text()) }],
    }
    expect((await send(MOUNTS[0]!, fromGitHub(), options)).status).toBe(500)
    expect(reports).toMatchObject([{ error: { code: 'ERR_BODY_CONSUMED' } }])
  })
})

describe('options', () => {
  test('a trusted proxy is believed', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }
    await send(MOUNTS[0]!, fromGitHub({ headers }), { trustedProxies: ['127.0.0.1'] })
    expect(addresses).toEqual(['203.0.113.9'])
  })

  test('a secure connection shows in the URL', async () => {
    const adapter = toServerAdapter(handler)
    const server = createServer((incoming, response) => {
      Object.assign(incoming.socket, { encrypted: true }) // what sets a TLS socket apart
      void adapter(incoming, response)
    })
    onTestFinished(() => closed(server))
    await sendExact(await listening(server), { ...fromGitHub(), path: '/hooks/github' })
    expect(contexts[0]!.request.url).toBe('https://hooks.example.com/hooks/github')
  })

  test('the budget ends before the platform does', async () => {
    await send(MOUNTS[0]!, fromGitHub(), { platformTimeoutSeconds: 3 })
    expect(contexts[0]!.deadline).toBeLessThanOrEqual(Date.now() + 2700)
  })
})

test('an empty body may have been read before', async () => {
  const adapter = toServerAdapter(handler)
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => void adapter(incoming, response))
  })
  onTestFinished(() => closed(server))
  const sent = { ...fromGitHub({ body: '' }), path: '/hooks/github' }
  expect((await sendExact(await listening(server), sent)).status).toBe(200)
})

test('a body that is refused unread is not waited for', async () => {
  const server = createServer(toServerAdapter(handler))
  onTestFinished(() => closed(server))
  const port = await listening(server)
  const outgoing = request({ port, method: 'POST', path: '/hooks/github', headers: UNSIGNED })
  outgoing.on('error', () => {})
  outgoing.write('{')
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(401)
  expect(response.headers.connection).toBe('close')
  outgoing.destroy()
})

test('a sender that hangs up is let go', async () => {
  const server = createServer((incoming, response) => {
    // As a middleware that takes its time before it hands on.
    incoming.once('close', () => void adapter(incoming, response))
    incoming.once('error', () => {})
    server.emit('started')
  })
  const started = once(server, 'started')
  const adapter = toServerAdapter(handler)
  onTestFinished(() => closed(server))
  const port = await listening(server)
  const { headers } = fromGitHub()
  const outgoing = request({
    port,
    method: 'POST',
    path: '/hooks/github',
    headers: { ...headers, 'content-length': '100' },
  })
  outgoing.on('error', () => {})
  outgoing.write('{')
  await started
  outgoing.destroy()
  await vi.waitFor(() =>
    expect(reports).toMatchObject([{ error: { code: 'ERR_BODY_INCOMPLETE' } }]),
  )
})
