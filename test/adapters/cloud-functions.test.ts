import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createWebhookHandler,
  defineProvider,
  mount,
  type DeliveryReport,
  type WebhookContext,
  type WebhookHandler,
} from 'webhook-target'
import { toCloudFunction, type CloudFunction } from 'webhook-target/adapters/cloud-functions'
import { echo } from 'webhook-target/challenges/echo'
import { github } from 'webhook-target/providers/github'
import { run } from '../examples/child.ts'
import { closed, listening, sendExact, type ExactRequest } from '../support/exact-http.ts'
import { fromGitHub, hexHmac, SECRET } from '../support/senders.ts'

const FAULT = 'disk sda1 is full of secrets'
const MAX_BODY_BYTES = 64 * 1024

const reports: DeliveryReport[] = []
const contexts: WebhookContext[] = []

const endpoint = createWebhookHandler({
  provider: github({ secret: SECRET }),
  on: {
    push: (_event, context) => void contexts.push(context),
    issues: () => {
      throw new Error(FAULT)
    },
    // An error that nothing in the effect's own promise tells of.
    fork: () =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          setTimeout(resolve)
          throw new Error(FAULT)
        })
      }),
  },
  limits: { maxBodyBytes: MAX_BODY_BYTES },
  telemetry: { onDelivery: (report) => void reports.push(report) },
})

afterEach(() => {
  reports.length = 0
  contexts.length = 0
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Runs a function in the framework, in front of which nothing else stands. */
async function deploy(fn: CloudFunction): Promise<number> {
  http('webhook', fn)
  const server = getTestServer('webhook')
  onTestFinished(() => closed(server))
  return listening(server)
}

async function send(sent: ExactRequest, handler: WebhookHandler = endpoint) {
  return sendExact(await deploy(toCloudFunction(handler)), sent)
}

const received = () => contexts.map(({ rawBody }) => Buffer.from(rawBody))

describe('takes the exact bytes', () => {
  test.each<[string, string | Uint8Array, string | undefined]>([
    ['JSON', '{ "n": 1.0,  "big": 12345678901234567890 }', 'application/json'],
    ['escapes', '{"text":"caf\\u00e9 \\/ \\ud83d\\ude00 é"}', 'application/json; charset=utf-8'],
    ['a byte order mark', '\uFEFF{"a":1}', 'application/json'],
    ['a form', 'payload=%7B%22a%22%3A1.0%7D&x=%20+', 'application/x-www-form-urlencoded'],
    ['JSON of a vendor', '{"a":1.0}', 'application/vnd.acme.v2+json'],
    ['a CloudEvent', '{"specversion":"1.0","id":"1"}', 'application/cloudevents+json'],
    ['JSON as text', '{"a":1.0}\r\n', 'text/plain'],
    ['XML', '<a>\n<b c = "1"/></a>', 'application/xml'],
    [
      'multipart',
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
      'multipart/form-data; boundary=x',
    ],
    ['bytes', Buffer.from([0x22, 0xff, 0xfe, 0x00]), 'application/octet-stream'],
    ['no content type', '{ "n": 1.0 }', undefined],
    ['no content', '', 'application/json'],
    ['no content and no type', '', undefined],
  ])('%s', async (_, body, contentType) => {
    const { 'content-type': _json, ...headers } = fromGitHub({ body }).headers!
    const typed = contentType === undefined ? headers : { ...headers, 'content-type': contentType }
    expect(await send({ headers: typed, body })).toMatchObject({ status: 200, body: '' })
    expect(received()).toEqual([Buffer.from(body)])
  })

  test('in chunks', async () => {
    const sent = fromGitHub({ body: '{ "n": 1.0 }' })
    expect((await send({ ...sent, chunked: true })).status).toBe(200)
    expect(received().map(String)).toEqual(['{ "n": 1.0 }'])
  })

  test('of many deliveries at once', async () => {
    const port = await deploy(toCloudFunction(endpoint))
    const bodies = Array.from({ length: 24 }, (_, n) => `{"n":${n}.0}`)
    const answers = await Promise.all(bodies.map((body) => sendExact(port, fromGitHub({ body }))))
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
    expect(received().map(String).toSorted()).toEqual(bodies.toSorted())
  })
})

describe('gzip, which comes inflated', () => {
  const text = '{ "n": 1.0 }'
  const zip = (signed: string | Uint8Array, body = text): ExactRequest => ({
    headers: {
      ...fromGitHub({ body: signed }).headers,
      'content-encoding': 'gzip',
    },
    body: gzipSync(body),
  })

  test('is taken if the signature is over what it holds', async () => {
    expect((await send(zip(text))).status).toBe(200)
    expect(received().map(String)).toEqual([text])
    expect(contexts[0]!.headers.get('content-encoding')).toBeNull()
    expect([...contexts[0]!.headers].map(([name]) => name)).not.toContain('content-length')
  })

  test('is refused if the signature is over the compressed bytes', async () => {
    expect((await send(zip(gzipSync(text)))).status).toBe(401)
  })

  test('is measured by what it holds', async () => {
    const bomb = JSON.stringify({ a: ' '.repeat(MAX_BODY_BYTES) })
    expect((await send(zip(bomb, bomb))).status).toBe(413)
  })

  test('that nothing has inflated is refused', async () => {
    const { headers, body } = zip(text)
    const { 'content-type': _json, ...untyped } = headers!
    expect(await send({ headers: untyped, body: body! })).toMatchObject({ status: 415, body: '' })
  })
})

describe('refuses, and says nothing,', () => {
  const tooLong = JSON.stringify({ a: 'x'.repeat(MAX_BODY_BYTES) })
  const { 'content-type': _json, ...untyped } = fromGitHub({ body: tooLong }).headers!

  test.each<[string, number, ExactRequest]>([
    ['a wrong signature', 401, fromGitHub({ secret: 'another' })],
    ['no signature', 401, { body: '{}', headers: { 'content-type': 'application/json' } }],
    ['a body over the limit', 413, fromGitHub({ body: tooLong })],
    ['an unread body over the limit', 413, { body: tooLong, headers: untyped }],
    ['the same in chunks', 413, { body: tooLong, headers: untyped, chunked: true }],
    ['a GET', 405, { method: 'GET' }],
    ['an OPTIONS', 405, { method: 'OPTIONS' }],
    ['a Host that is none', 400, { ...fromGitHub(), host: 'a b' }],
    ['two Hosts', 400, { ...fromGitHub(), lines: [['host', 'evil.example']] }],
    ['an absolute target', 400, { ...fromGitHub(), path: 'http://evil.example/x' }],
    ['two signatures', 400, { ...fromGitHub(), lines: [['x-hub-signature-256', 'sha256=0']] }],
    ['what an effect fails at', 503, fromGitHub({ type: 'issues' })],
  ])('%s', async (_, status, sent) => {
    const answer = await send(sent)
    expect(answer).toMatchObject({ status, body: '' })
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined)
    expect(answer.headers['retry-after']).toBe(status === 503 ? '30' : undefined)
    expect(JSON.stringify(answer)).not.toContain(FAULT)
  })
})

test('reads no more of an unsigned challenge than one needs', async () => {
  const challenges = [echo({ member: 'challenge', signed: false })]
  const provider = defineProvider({ ...github({ secret: SECRET }), challenges })
  const handler = createWebhookHandler({ provider, on: {} })
  const ask = async (padding: number) => {
    const body = JSON.stringify({ challenge: 'abc', padding: 'x'.repeat(padding) })
    return send({ body, headers: { 'content-type': 'application/json' }, chunked: true }, handler)
  }
  expect(await ask(0)).toMatchObject({ status: 200, body: 'abc' })
  vi.spyOn(console, 'warn').mockReturnValue()
  expect(await ask(20 * 1024)).toMatchObject({ status: 401, body: '' })
})

// Pinned, so that a release of the framework that changes any of it is noticed.
describe('the framework answers by itself', () => {
  test.each<[string, number, string | Uint8Array, Record<string, string>]>([
    ['JSON that does not parse', 400, '{"a":', { 'content-type': 'application/json' }],
    ['a JSON scalar', 400, '"hi"', { 'content-type': 'application/json' }],
    ['another charset', 415, '{"a":1}', { 'content-type': 'application/json; charset=iso-8859-1' }],
    [
      'another encoding',
      415,
      '{"a":1}',
      { 'content-type': 'application/json', 'content-encoding': 'compress' },
    ],
    [
      'a huge form',
      413,
      'a=1&'.repeat(1001),
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
  ])('%s with %i', async (_, status, body, headers) => {
    expect((await send({ body, headers })).status).toBe(status)
    expect(reports).toEqual([])
  })

  test.each([
    ['', true],
    ['production', false],
  ])(
    'with the text of its error, which quotes the body, if NODE_ENV is %j: %j',
    async (env, shown) => {
      vi.stubEnv('NODE_ENV', env)
      const headers = { 'content-type': 'application/json' }
      const { status, body } = await send({ body: '{"a":canary}', headers })
      expect([status, /canary/.test(body), /SyntaxError/.test(body)]).toEqual([400, shown, shown])
    },
  )

  test('a path of browsers and crawlers with 404', async () => {
    expect((await send({ ...fromGitHub(), path: '/favicon.ico' })).status).toBe(404)
    expect(reports).toEqual([])
  })
})

describe('mounted', () => {
  const handler = mount({ '/github': endpoint, '/tenants/:tenant/github': endpoint })

  test.each([
    ['/github', 200],
    ['/tenants/a%20b/github?x=%20', 200],
    ['/', 404],
    ['/github/', 404],
    ['/tenants//github', 404],
  ])('%s is %i', async (path, status) => {
    expect(await send({ ...fromGitHub(), path }, handler)).toMatchObject({ status, body: '' })
    if (path.startsWith('/tenants/a')) expect(contexts[0]!.params).toEqual({ tenant: 'a b' })
  })
})

describe('a body whose bytes are gone', () => {
  test('is our failure, and the log says which line to change', async () => {
    const fn = toCloudFunction(endpoint)
    const port = await deploy((request, response) =>
      fn(Object.defineProperty(request, 'rawBody', { value: undefined }), response),
    )
    expect(await sendExact(port, fromGitHub())).toMatchObject({ status: 500, body: '' })
    expect(reports).toMatchObject([
      { outcome: 'unavailable', error: { code: 'ERR_BODY_CONSUMED' } },
    ])
    expect(reports[0]!.error!.message).toMatch(/req of the functions framework.*express\.json/)
  })
})

describe('keeps its own errors in', () => {
  test('when the handler rejects', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const receive = () => Promise.reject(new Error(FAULT))
    const broken = Object.assign(async () => new Response(), { ...endpoint, receive })
    expect(await send(fromGitHub(), broken)).toMatchObject({ status: 500, body: '' })
    expect(log.mock.lastCall?.[1]).toMatchObject({ message: FAULT })
  })

  test('when an effect leaves one behind', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    expect(await send(fromGitHub({ type: 'fork' }))).toMatchObject({ status: 200, body: '' })
    expect(log.mock.lastCall?.join()).toContain(FAULT)
  })

  test('when it is called in something else', async () => {
    const fn = toCloudFunction(endpoint)
    const server = createServer((request, response) => void fn(request, response))
    onTestFinished(() => closed(server))
    expect((await sendExact(await listening(server), fromGitHub())).status).toBe(200)
  })
})

describe('what the platform tells', () => {
  test('the budget ends before the timeout of the function', async () => {
    vi.stubEnv('CLOUD_RUN_TIMEOUT_SECONDS', '4')
    const before = Date.now()
    await send(fromGitHub())
    expect(contexts[0]!.deadline).toBeGreaterThan(before)
    expect(contexts[0]!.deadline).toBeLessThanOrEqual(Date.now() + 3600)
  })

  test.each([
    { service: '', url: 'http://hooks.example.com/a?b=%20' },
    { service: 'webhook', url: 'https://hooks.example.com/a?b=%20' },
  ])('the URL is $url', async ({ service, url }) => {
    vi.stubEnv('K_SERVICE', service)
    await send({ ...fromGitHub({ headers: { 'x-forwarded-proto': 'gopher' } }), path: '/a?b=%20' })
    expect(contexts[0]!.request.url).toBe(url)
    expect(contexts[0]!.clientAddress).toBeUndefined()
  })
})

describe('examples/cloud-functions, started by the command of the framework', () => {
  const CLI = 'node_modules/@google-cloud/functions-framework/build/src/main.js'
  const PUSH = JSON.stringify({
    ref: 'refs/heads/main',
    after: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
    repository: { full_name: 'octo-org/octo-repo' },
  })

  async function command(env: Record<string, string>) {
    const placeholder = createServer()
    const port = await listening(placeholder)
    await closed(placeholder)
    const args = ['--target=webhook', '--source=examples/cloud-functions/index.ts']
    const child = run(CLI, {
      args,
      env: { PORT: String(port), GITHUB_WEBHOOK_SECRET: SECRET, ...env },
    })
    onTestFinished(async () => {
      child.kill('SIGTERM')
      await child.exit
    })
    await child.printed(/URL: /)
    return { port, child }
  }

  test('takes what GitHub signed and writes lines for Cloud Logging', async () => {
    const { port, child } = await command({ K_SERVICE: 'webhook', K_REVISION: 'webhook-00001' })
    expect((await sendExact(port, fromGitHub({ body: PUSH }))).status).toBe(200)
    await child.printed(/octo-org\/octo-repo is at 6113728/)
    expect(await sendExact(port, fromGitHub({ secret: 'another' }))).toMatchObject({
      status: 401,
      body: '',
    })
    const [line] = await child.printed(/^\{.*ERR_SIGNATURE_MISMATCH.*\}$/m)
    expect(JSON.parse(line)).toMatchObject({
      severity: 'WARNING',
      'logging.googleapis.com/labels': { service: 'webhook', revision: 'webhook-00001' },
      webhook: { provider: 'github', outcome: 'refused', status: 401 },
    })
    expect(child.output()).not.toContain(SECRET)
    expect(child.output()).not.toContain(hexHmac(PUSH))
  }, 20_000)

  test('does not start without its secret', async () => {
    await expect(command({ GITHUB_WEBHOOK_SECRET: '' })).rejects.toThrow(
      /The secret is missing; is its environment variable set/,
    )
  }, 20_000)
})
