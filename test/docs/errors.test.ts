import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createWebhookHandler,
  defineProvider,
  ERRORS,
  mount,
  WebhookError,
  type ConfigurationErrorCode,
  type DeliveryReport,
  type ErrorCode,
  type Scheme,
  type WebhookHandlerOptions,
} from 'webhook-target'
import { cloudevents } from 'webhook-target/challenges/cloudevents'
import { memory } from 'webhook-target/engines/memory'
import { createInbox } from 'webhook-target/inbox'
import { github } from 'webhook-target/providers/github'
import { certificate } from 'webhook-target/schemes/certificate'
import { ed25519 } from 'webhook-target/schemes/ed25519'
import { hmac } from 'webhook-target/schemes/hmac'
import { jwt } from 'webhook-target/schemes/jwt'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { unauthenticated } from 'webhook-target/schemes/unauthenticated'
import { describe, expect, test } from 'vitest'
import { createKeyDirectory } from '../../src/lib/key-directory.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')
const documented = new Map(
  [...text.matchAll(/^### `(\w+)`\n\n(.+)\.\n\n(?!#)\S/gm)].map(([, code, status]) => [
    code,
    status,
  ]),
)

const secret = 'a-secret'
const URL = 'https://hooks.example.com/'
const open = unauthenticated({ reason: 'the subject is what comes after it' })
const timed = hmac({
  secret,
  header: 'x-signature',
  content: '{timestamp}.{body}',
  timestamp: { header: 'x-timestamp' },
})
const leaf = readFileSync(join(import.meta.dirname, '../fixtures/certificates/leaf.pem'))
const directory = createKeyDirectory({
  urls: { hosts: ['keys.example.com'] },
  parse: () => [],
})
const digest = '0'.repeat(64)
const tokenFor = (audience: string) => jwt({ algorithms: ['HS256'], secret, audience })

interface Case {
  readonly verify?: Scheme
  readonly options?: Partial<WebhookHandlerOptions>
  readonly challenges?: Parameters<typeof defineProvider>[0]['challenges']
  readonly headers?: Record<string, string>
  readonly request?: Request
  /** Whether the endpoint is mounted at a path that is not asked for. */
  readonly elsewhere?: boolean
  /** For what no `Request` can hold. */
  readonly parts?: { readonly repeated?: string; readonly fails?: boolean }
}

const post = (init: RequestInit & { readonly duplex?: 'half' } = {}) =>
  new Request(URL, { method: 'POST', body: '{}', ...init })

/** A delivery for each code that ends with it. */
const provocations: Record<ErrorCode, Case> = {
  ERR_SIGNATURE_MISSING: { verify: timed },
  ERR_SIGNATURE_MALFORMED: { verify: timed, headers: { 'x-signature': 'sha256=1' } },
  ERR_SIGNATURE_MISMATCH: {
    verify: timed,
    headers: { 'x-signature': digest, 'x-timestamp': String(Math.floor(Date.now() / 1000)) },
  },
  ERR_TIMESTAMP_MISSING: { verify: timed, headers: { 'x-signature': digest } },
  ERR_TIMESTAMP_MALFORMED: {
    verify: timed,
    headers: { 'x-signature': digest, 'x-timestamp': 'today' },
  },
  ERR_TIMESTAMP_OUTSIDE_TOLERANCE: {
    verify: timed,
    headers: { 'x-signature': digest, 'x-timestamp': '1000000000' },
  },
  ERR_CREDENTIAL_MISSING: { verify: sharedSecret({ header: 'x-token', secret }) },
  ERR_CREDENTIAL_MISMATCH: {
    verify: sharedSecret({ header: 'x-token', secret }),
    headers: { 'x-token': 'other' },
  },
  ERR_TENANT_UNKNOWN: {
    verify: sharedSecret({ header: 'x-token', secret: () => undefined }),
    headers: { 'x-token': 'any' },
  },
  ERR_KEY_UNKNOWN: {
    verify: {
      ...open,
      open: () => async () => {
        await directory.find({ url: 'https://keys.example.com.evil.example/' })
        return { secret: 0 }
      },
    },
  },
  ERR_TOKEN_REFUSED: { verify: tokenFor('here'), headers: await tokenHeaders('elsewhere') },
  ERR_CERTIFICATE_REFUSED: {
    verify: certificate({
      urls: { hosts: ['keys.example.com'] },
      headers: ['x-signature'],
      evidence: ({ headers }) => ({
        url: 'https://keys.example.com/',
        signature: headers.get('x-signature'),
        hash: 'sha256',
      }),
      content: ({ body }) => [[body]],
      certificateNames: ['another.example.com'],
      fetch: async () => new Response(leaf),
    }),
    headers: { 'x-signature': 'AAAA' },
  },
  ERR_CHALLENGE_REFUSED: {
    challenges: [cloudevents({ allowedOrigins: ['good.example'] })],
    request: new Request(URL, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'bad.example' },
    }),
  },
  ERR_REQUEST_MALFORMED: {
    challenges: [cloudevents({ allowedOrigins: '*' })],
    request: new Request(URL, { method: 'OPTIONS' }),
  },
  ERR_HEADER_REPEATED: { parts: { repeated: 'content-type' } },
  ERR_BODY_INCOMPLETE: {
    request: post({
      duplex: 'half',
      body: new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }),
    }),
  },
  ERR_BODY_MALFORMED: {
    options: { on: { webhook: ({ data }) => void data } },
    request: post({ body: '{"cut": ', headers: { 'content-type': 'application/json' } }),
  },
  ERR_PATH_UNKNOWN: { elsewhere: true },
  ERR_METHOD_NOT_ALLOWED: { request: new Request(URL) },
  ERR_BODY_TOO_LARGE: { options: { limits: { maxBodyBytes: 1 } } },
  ERR_CONTENT_ENCODING: { headers: { 'content-encoding': 'gzip' } },
  ERR_SCHEMA_MISMATCH: {
    options: {
      on: { webhook: () => undefined },
      provider: {
        ...defineProvider({ name: 'strict', verify: open }),
        schemas: {
          webhook: {
            '~standard': {
              version: 1,
              vendor: 'test',
              validate: () => ({ issues: [{ message: 'no' }] }),
            },
          },
        },
      },
    },
  },
  ERR_BODY_CONSUMED: { request: await consumed() },
  ERR_SECRET_UNAVAILABLE: {
    verify: sharedSecret({
      header: 'x-token',
      secret: () => {
        throw new Error('the store is down')
      },
    }),
    headers: { 'x-token': 'any' },
  },
  ERR_HANDLER_FAILED: {
    options: {
      on: {
        webhook: () => {
          throw new Error('no')
        },
      },
    },
  },
  ERR_DEADLINE_EXCEEDED: {
    options: {
      provider: defineProvider({
        name: 'hasty',
        verify: open,
        acknowledge: { deadlineSeconds: 0.02 },
      }),
      on: { webhook: () => new Promise<void>(() => undefined) },
    },
  },
  ERR_OVERLOADED: { parts: { fails: true } },
  ERR_INBOX_UNAVAILABLE: { options: { on: { webhook: () => undefined }, inbox: broken() } },
  ERR_INTERNAL: {
    verify: {
      ...open,
      open: () => {
        throw new Error('a bug in a scheme')
      },
    },
  },
}

function broken() {
  const { engine } = memory()
  engine.put = () => Promise.reject(new Error('the disk is full'))
  return createInbox(engine)
}

async function tokenHeaders(audience: string): Promise<Record<string, string>> {
  const message = { method: 'POST', url: URL, headers: {}, body: new Uint8Array() }
  return (await tokenFor(audience).sign!(message, { now: Date.now() })).headers
}

async function consumed(): Promise<Request> {
  const request = post()
  await request.text()
  return request
}

/** As a host does that has no place for the delivery. */
function readBody(fails = false): Uint8Array {
  if (fails) throw new WebhookError('ERR_OVERLOADED', 'No place')
  return new Uint8Array()
}

async function provoke({ verify = open, options, challenges = [], ...sent }: Case) {
  const reports: DeliveryReport[] = []
  const telemetry = { onDelivery: (report: DeliveryReport) => reports.push(report) }
  const endpoint = createWebhookHandler({
    provider: defineProvider({ name: 'any', verify, challenges }),
    on: {},
    telemetry,
    ...options,
  })
  const handler = sent.elsewhere ? mount({ '/elsewhere': endpoint }) : endpoint
  const { request = post(sent.headers && { headers: sent.headers }) } = sent
  if (sent.parts) {
    const { repeated, fails } = sent.parts
    const headers = Object.assign(new Headers(), { repeated: (name: string) => name === repeated })
    const parts = { method: 'POST', origin: 'https://hooks.example.com', target: '/', headers }
    const { status } = await handler.receive({ ...parts, readBody: () => readBody(fails) })
    return { status, body: '', report: reports[0] }
  }
  const response = await handler(request, { telemetry })
  return { status: response.status, body: await response.text(), report: reports[0] }
}

/** A mistake for each code of the configuration. */
const mistakes: Record<ConfigurationErrorCode, () => unknown> = {
  ERR_SECRET_EMPTY: () => github({ secret: undefined }),
  ERR_SECRET_MALFORMED: () => ed25519({ header: 'x-signature', publicKey: 'no key' }),
  ERR_OPTION_INVALID: () =>
    mount({ 'no/slash': createWebhookHandler({ provider: github({ secret }), on: {} }) }),
}

describe('docs/errors.md', () => {
  test('explains every code and no other', () => {
    expect(new Set(documented.keys())).toEqual(
      new Set([...Object.keys(ERRORS), ...Object.keys(mistakes)]),
    )
  })

  test.each(Object.entries(ERRORS))('has the status and kind of %s', (code, [status, kind]) => {
    expect(documented.get(code)).toBe(`Status ${status}, ${kind}`)
  })

  test.each(Object.keys(mistakes))('has %s as thrown at start', (code) => {
    expect(documented.get(code)).toBe('Thrown at start')
  })
})

describe('every code can be provoked', () => {
  test.each(Object.entries(provocations))('%s', async (code, provocation) => {
    const { status, body, report } = await provoke(provocation)
    expect(report?.error?.code).toBe(code)
    expect([status, report?.outcome]).toEqual(ERRORS[code as ErrorCode])
    expect(report?.status).toBe(status)
    expect(body).toBe('')
  })

  test.each(Object.entries(mistakes))('%s', (code, mistake) => {
    expect(mistake).toThrow(expect.objectContaining({ name: 'TypeError', code }))
  })
})
