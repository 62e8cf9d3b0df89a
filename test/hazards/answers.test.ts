import {
  createWebhookHandler,
  defineProvider,
  drop,
  ERRORS,
  mount,
  reply,
  retry,
  WebhookError,
  type ErrorCode,
  type IncomingParts,
  type Provider,
  type ReplyParts,
} from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { hub } from 'webhook-target/challenges/hub'
import { github } from 'webhook-target/providers/github'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { inspect } from 'node:util'
import { bytesOf, exchange, fetchDoor, ORIGIN, partsDoor, type Sent } from '../support/doors.ts'
import { recorder, silent } from '../support/reports.ts'
import {
  acme,
  acmeBatches,
  acmeDefinition,
  fromAcme,
  fromGitHub,
  hexHmac,
  untyped,
} from '../support/senders.ts'

afterEach(() => vi.restoreAllMocks())

const CANARY_SECRET = 'canary-secret-6f1e0c55'
const CANARY_BODY = 'canary-body-9d2b7a41'

describe('leaks', () => {
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ type: 'made', note: CANARY_BODY, count: CANARY_BODY })
  const right = hexHmac(body, CANARY_SECRET)
  const withScheme = (verify: Provider['verify'], more: object = {}) =>
    defineProvider({ ...acmeDefinition, verify, ...more })
  const ours = (more: object = {}) =>
    withScheme(hmac({ secret: CANARY_SECRET, header: 'x-acme-signature' }), more)
  const schema = (made: unknown) => ({ schemas: { made } })
  const genuine = { body, headers: { ...json, 'x-acme-id': '1', 'x-acme-signature': right } }
  const fail = () => {
    throw new Error('database is down')
  }
  const read = (event: { data: unknown }) => void event.data

  const failures: readonly [
    name: string,
    provider: Provider,
    sent: Sent,
    effect?: (event: { data: unknown }) => unknown,
  ][] = [
    ['no signature', ours(), { body, headers: json }],
    [
      'a wrong signature',
      ours(),
      { body, headers: { ...json, 'x-acme-signature': 'a'.repeat(64) } },
    ],
    ['a right signature of another body', ours(), { body: `${body} `, headers: genuine.headers }],
    [
      'a malformed signature',
      ours(),
      { body, headers: { ...json, 'x-acme-signature': `${right}0` } },
    ],
    ['github', untyped(github({ secret: CANARY_SECRET })), fromGitHub({ body, secret: 'another' })],
    [
      'slack',
      slack({ secret: CANARY_SECRET }),
      {
        body,
        headers: { ...json, 'x-slack-signature': `v0=${right}`, 'x-slack-request-timestamp': '1' },
      },
    ],
    [
      'stripe',
      stripe({ secret: CANARY_SECRET }),
      {
        body,
        headers: { ...json, 'stripe-signature': `t=${Math.floor(Date.now() / 1000)},v1=${right}` },
      },
    ],
    [
      'a wrong token',
      withScheme(sharedSecret({ header: 'x-token', secret: CANARY_SECRET })),
      { body, headers: { ...json, 'x-token': `${CANARY_SECRET}x` } },
    ],
    [
      'a wrong bearer',
      withScheme(sharedSecret({ bearer: true, secret: CANARY_SECRET })),
      { body, headers: { ...json, authorization: `Bearer ${CANARY_SECRET}x` } },
    ],
    [
      'a wrong query',
      withScheme(sharedSecret({ query: 'token', secret: CANARY_SECRET })),
      { body, headers: json, path: `/?token=${CANARY_SECRET}x` },
    ],
    [
      'a wrong member',
      withScheme(sharedSecret({ member: 'note', secret: CANARY_SECRET })),
      { body, headers: json },
    ],
    [
      'a wrong password',
      withScheme(basicAuth({ username: 'u', secret: CANARY_SECRET })),
      { body, headers: { ...json, authorization: `Basic ${btoa(`u:${CANARY_SECRET}x`)}` } },
    ],
    [
      'a wrong verify token',
      ours({ challenges: [hub({ verifyToken: CANARY_SECRET })] }),
      {
        method: 'GET',
        path: `/?hub.mode=subscribe&hub.challenge=${CANARY_BODY}&hub.verify_token=${CANARY_SECRET}x`,
      },
    ],
    [
      'a refused challenge',
      ours({ challenges: [echo({ query: 'c' })] }),
      { method: 'GET', path: `/?c=<${CANARY_BODY}>` },
    ],
    ['a wrong method', ours(), { ...genuine, method: 'PUT' }],
    [
      'an encoding',
      ours(),
      { ...genuine, headers: { ...genuine.headers, 'content-encoding': 'gzip' } },
    ],
    [
      'a long body',
      ours(),
      fromAcme({ body: `{"a":"${CANARY_BODY.repeat(100_000)}"}`, secret: CANARY_SECRET }),
    ],
    [
      'cut JSON',
      ours(),
      fromAcme({ body: `{"type":"made","a":"${CANARY_BODY}`, secret: CANARY_SECRET }),
      read,
    ],
    ['a scalar', ours(), fromAcme({ body: `"${CANARY_BODY}"`, secret: CANARY_SECRET }), read],
    [
      'broken multipart',
      ours(),
      fromAcme({
        body: `--x\r\n${CANARY_BODY}`,
        secret: CANARY_SECRET,
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      }),
      read,
    ],
    [
      'bytes that are no text',
      ours(),
      fromAcme({ body: new Uint8Array([...bytesOf(CANARY_BODY), 0xff]), secret: CANARY_SECRET }),
      read,
    ],
    [
      'a schema of zod',
      ours(
        schema(z.object({ type: z.literal('other'), note: z.enum(['a', 'b']), count: z.number() })),
      ),
      genuine,
    ],
    [
      'a schema of valibot',
      ours(
        schema(
          v.object({ type: v.literal('other'), note: v.picklist(['a', 'b']), count: v.number() }),
        ),
      ),
      genuine,
    ],
    ['a strict schema', ours(schema(v.strictObject({ type: v.string() }))), genuine],
    ['an effect that throws', ours(), genuine, fail],
    ['an effect that rejects', ours(), genuine, async () => fail()],
    ['a reply that is no JSON', ours(), genuine, () => reply({ big: 1n })],
    ['a retry', ours(), genuine, () => retry({ reason: 'locked' })],
    ['a drop', ours(), genuine, () => drop('not wanted')],
    [
      'a secret that can not be had',
      withScheme(
        hmac({
          secret: () => Promise.reject(new Error('vault is down')),
          header: 'x-acme-signature',
        }),
      ),
      genuine,
    ],
    [
      'a secret that is malformed',
      withScheme(hmac({ secret: () => ` ${CANARY_SECRET}`, header: 'x-acme-signature' })),
      genuine,
    ],
    [
      'an unknown tenant',
      withScheme(hmac({ secret: () => undefined, header: 'x-acme-signature' })),
      genuine,
    ],
    [
      'a batch',
      withScheme(hmac({ secret: CANARY_SECRET, header: 'x-acme-signature' }), {
        event: acmeBatches().event,
      }),
      fromAcme({ body: `[{"type":"made","id":"1","a":"${CANARY_BODY}"}]`, secret: CANARY_SECRET }),
      fail,
    ],
    ['success', ours(), genuine, read],
  ]

  test.each(failures)(
    'H39 neither log nor answer tells a secret or the body: %s',
    async (_, provider, sent, effect = () => undefined) => {
      const logged: string[] = []
      for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
        vi.spyOn(console, level).mockImplementation((...values: unknown[]) => {
          logged.push(
            values
              .map((value) => (typeof value === 'string' ? value : inspect(value, { depth: 10 })))
              .join(' '),
          )
        })
      }
      // On the console, and in what telemetry is given to log.
      const byDefault = createWebhookHandler({
        provider,
        on: {
          '*': effect as () => undefined,
          made: effect as () => undefined,
          push: effect as () => undefined,
        },
        dedupe: false,
      })
      const observed = createWebhookHandler({
        provider,
        on: { '*': effect as () => undefined },
        dedupe: false,
        telemetry: {
          onDelivery({ error, ...report }) {
            logged.push(inspect(report, { depth: 10 }))
            logged.push(`${error?.code} ${error?.message} ${error?.stack}`)
          },
        },
      })
      for (const handler of [byDefault, observed]) {
        for (const door of [fetchDoor, partsDoor]) {
          const answer = await exchange(door, handler, sent)
          logged.push(answer.body)
          for (const name of ['content-type', 'www-authenticate', 'x-error', 'location', 'allow'])
            logged.push(answer.header(name) ?? '')
          if (answer.status !== 200) expect(answer.body).toBe('')
        }
      }
      expect(logged.length).toBeGreaterThan(0)
      const text = logged.join('\n')
      for (const canary of [CANARY_SECRET, CANARY_BODY, right, right.slice(0, 16)])
        expect(text).not.toContain(canary)
      expect(text).not.toContain(Buffer.from(right, 'hex').toString('base64'))
    },
  )

  // The engine quotes ten characters to either side of what it could not read, or a short text whole.
  test.each([`{"a":${CANARY_BODY}}`, `[${CANARY_BODY}]`, CANARY_BODY.slice(0, 12)])(
    'H39 nor what the JSON parser says of a body that it quotes: %s',
    async (quoted) => {
      const part = CANARY_BODY.slice(0, 8)
      expect(() => JSON.parse(quoted)).toThrow(part)
      const { telemetry, reports } = recorder()
      const sent = fromAcme({ body: quoted, secret: CANARY_SECRET })
      const handler = createWebhookHandler({ provider: ours(), on: { '*': read }, telemetry })
      for (const door of [fetchDoor, partsDoor]) await exchange(door, handler, sent)
      expect(reports.map(({ error }) => error?.code)).toEqual(Array(2).fill('ERR_BODY_MALFORMED'))
      expect(inspect(reports, { depth: 10 })).not.toContain(part)
    },
  )

  test('H39 nor does the error for a secret that was set wrongly', () => {
    for (const make of [
      () => github({ secret: ` ${CANARY_SECRET}` }),
      () => hmac({ secret: CANARY_SECRET, header: 'x', secretForm: { encoding: 'hex' } }),
      () => sharedSecret({ header: 'x', secret: `${CANARY_SECRET}\n` }),
      () => github({ secret: [CANARY_SECRET, ''] }),
    ]) {
      let thrown: unknown
      try {
        make()
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(TypeError)
      expect(inspect(thrown, { depth: 10 }).replace(/^.*hazards.*$/gm, '')).not.toContain(
        CANARY_SECRET,
      )
    }
  })
})

describe('one answer to everything', () => {
  const wellFormed = ({ status, headers, body }: ReplyParts) => {
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(600)
    expect(status < 300 || status >= 400).toBe(true)
    if (status === 503) expect(headers['retry-after']).toMatch(/^\d+$/)
    for (const [name, value] of Object.entries(headers)) {
      expect(name).toMatch(/^[a-z0-9-]+$/)
      expect(value).toMatch(/^[\x20-\x7e]*$/)
    }
    if (status >= 400) expect(body).toBeNull()
  }
  const partsOf = ({ headers = {}, body }: Sent): IncomingParts => ({
    method: 'POST',
    origin: ORIGIN,
    target: '/',
    headers: new Headers(headers),
    readBody: () => bytesOf(body),
  })

  const seconds = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined })
  const outcome = fc.oneof(
    fc.constant(undefined),
    fc.anything(),
    fc.string().map((reason) => drop(reason)),
    fc
      .record({ afterSeconds: seconds }, { requiredKeys: [] })
      .map((options) =>
        retry(options.afterSeconds === undefined ? {} : { afterSeconds: options.afterSeconds }),
      ),
    fc
      .tuple(fc.anything(), fc.option(fc.integer({ min: 200, max: 299 }), { nil: undefined }))
      .map(([content, status]) => reply(content, status === undefined ? {} : { status })),
  )
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const thrown = fc.oneof(
    fc.anything(),
    fc.string().map((text) => new Error(text)),
    fc.constantFrom(...codes).map((code) => new WebhookError(code, 'made up')),
  )

  test('H46 any outcome, in any way, gives exactly one well-formed answer', async () => {
    await fc.assert(
      fc.asyncProperty(outcome, fc.boolean(), async (value, later) => {
        const handler = createWebhookHandler({
          provider: acme(),
          on: { made: (() => (later ? Promise.resolve(value) : value)) as () => undefined },
          telemetry: silent,
        })
        wellFormed(await handler.receive(partsOf(fromAcme())))
        const response = await exchange(fetchDoor, handler, fromAcme())
        expect(response.status).toBeGreaterThanOrEqual(200)
      }),
      { numRuns: 100 },
    )
  })

  test('H46 anything thrown, in any way, is an answer and never a success', async () => {
    await fc.assert(
      fc.asyncProperty(thrown, fc.boolean(), async (value, later) => {
        const handler = createWebhookHandler({
          provider: acme(),
          on: {
            made: () => {
              // oxlint-disable-next-line typescript/only-throw-error, typescript/prefer-promise-reject-errors
              if (later) return Promise.reject(value)
              // oxlint-disable-next-line typescript/only-throw-error
              throw value
            },
          },
          telemetry: silent,
        })
        const answer = await handler.receive(partsOf(fromAcme()))
        wellFormed(answer)
        expect(answer.status).toBeGreaterThanOrEqual(400)
        if (!(value instanceof WebhookError)) expect(answer.status).toBe(503)
      }),
      { numRuns: 100 },
    )
  })

  const broken = (): never => {
    throw new TypeError('a bug of ours')
  }
  const faults: readonly [name: string, provider: Provider, options?: object][] = [
    ['an effect throws', acme()],
    [
      'the secret store is down',
      acme({
        verify: hmac({
          secret: () => Promise.reject(new Error('down')),
          header: 'x-acme-signature',
        }),
      }),
    ],
    [
      'the secret function throws at once',
      acme({ verify: hmac({ secret: broken, header: 'x-acme-signature' }) }),
    ],
    [
      'the secret found is empty',
      acme({ verify: hmac({ secret: () => '', header: 'x-acme-signature' }) }),
    ],
    ['the scheme breaks on the head', acme({ verify: { ...acmeDefinition.verify, open: broken } })],
    [
      'the scheme breaks on the body',
      acme({ verify: { ...acmeDefinition.verify, open: () => broken } }),
    ],
    [
      'the scheme breaks later',
      acme({ verify: { ...acmeDefinition.verify, open: () => async () => broken() } }),
    ],
    [
      'a challenge breaks',
      acme({
        challenges: [{ name: 'c', method: 'POST', signed: true, inBody: true, answer: broken }],
      }),
    ],
    [
      'an unsigned challenge breaks',
      acme({
        challenges: [{ name: 'c', method: 'POST', signed: false, inBody: false, answer: broken }],
      }),
    ],
    ['the type can not be told', acme({ event: { type: broken } })],
    ['the id can not be told', acme({ event: { id: broken } })],
    ['the items can not be told', acme({ event: { items: broken } })],
    [
      'a schema breaks',
      defineProvider({
        ...acmeDefinition,
        schemas: { made: { '~standard': { version: 1, vendor: 'x', validate: broken } } },
      }),
    ],
    [
      'a schema breaks later',
      defineProvider({
        ...acmeDefinition,
        schemas: {
          made: { '~standard': { version: 1, vendor: 'x', validate: async () => broken() } },
        },
      }),
    ],
    ['telemetry breaks as well', acme(), { telemetry: { onDelivery: broken } }],
  ]
  test.each(faults)(
    'H46 our own failure is 503 with Retry-After: %s',
    async (_, provider, options = {}) => {
      const handler = createWebhookHandler({
        provider,
        on: { '*': broken },
        telemetry: silent,
        ...options,
      })
      for (const door of [fetchDoor, partsDoor]) {
        const answer = await exchange(door, handler, fromAcme())
        expect(answer).toMatchObject({ status: 503, body: '' })
        expect(answer.header('retry-after')).toMatch(/^\d+$/)
      }
    },
  )

  test("H46 a provider's own retry status keeps Retry-After", async () => {
    const handler = createWebhookHandler({
      provider: acme({ acknowledge: { retryStatus: 500 } }),
      on: { '*': broken },
      telemetry: silent,
    })
    const answer = await exchange(fetchDoor, handler, fromAcme())
    expect(answer.status).toBe(500)
    expect(answer.header('retry-after')).toBe('30')
  })

  test('H46 an unknown path is an error, never a success', async () => {
    const handler = mount({ '/acme': createWebhookHandler({ provider: acme(), on: {} }) })
    expect((await exchange(fetchDoor, handler, fromAcme({ path: '/other' }))).status).toBe(404)
  })
})

describe('injection', () => {
  const evil = 'x\r\nInjected: yes\n2026-01-01 forged line\u001b[31m\u0000\u0085\u2028%s%o'

  function capture(): string[] {
    const calls: string[] = []
    for (const level of ['warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((...values: unknown[]) => {
        // What the console would make of them.
        calls.push(
          values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '),
        )
        expect(values).toHaveLength(1)
      })
    }
    return calls
  }
  // oxlint-disable-next-line no-control-regex -- the control characters are the subject
  const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/

  async function log(headers: Record<string, string>, body: string, effect: () => unknown) {
    const calls = capture()
    const fields = new Map(
      Object.entries({
        'content-type': 'application/json',
        'x-acme-signature': hexHmac(body),
        ...headers,
      }),
    )
    const handler = createWebhookHandler({
      provider: acme(),
      on: { '*': effect as () => undefined },
    })
    await handler.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      // A host that lets line ends in headers through.
      headers: {
        get: (name) => fields.get(name) ?? null,
        [Symbol.iterator]: () => fields[Symbol.iterator](),
      },
      readBody: () => bytesOf(body),
    })
    return calls
  }

  test.each([
    ['an id', { 'x-acme-id': evil }, '{"type":"made"}', () => retry()],
    ['a type', {}, JSON.stringify({ type: evil }), () => retry()],
    ['a reason', {}, '{"type":"made"}', () => retry({ reason: evil })],
    ['a long id', { 'x-acme-id': 'i'.repeat(100_000) }, '{"type":"made"}', () => retry()],
  ])(
    'H47 %s makes one line of the log, without control characters',
    async (_, headers, body, effect) => {
      const calls = await log(headers, body, effect)
      expect(calls).toHaveLength(1)
      expect(calls[0]).not.toMatch(/\n/)
      expect(calls[0]).not.toMatch(CONTROL)
      expect(calls[0]!.length).toBeLessThan(1000)
    },
  )

  test('H47 nor does the message of an error, in its stack or its causes', async () => {
    const calls = await log({}, '{"type":"made"}', () => {
      throw new Error(evil, { cause: new Error(evil) })
    })
    expect(calls).toHaveLength(1)
    const [first, ...rest] = calls[0]!.split('\n')
    expect(first).toMatch(/ERR_HANDLER_FAILED/)
    expect(rest.length).toBeGreaterThan(2)
    for (const line of rest) expect(line).toMatch(/^( +at |Caused by Error: x)/)
    expect(calls[0]).not.toMatch(CONTROL)
    expect(calls[0]).not.toMatch(/^Injected|^2026/m)
  })

  test('H47 a method of the sender’s choice does not reach the log raw', async () => {
    const calls = capture()
    const handler = createWebhookHandler({ provider: acme(), on: {} })
    await handler.receive({
      method: evil,
      origin: ORIGIN,
      target: '/',
      headers: new Headers(),
      readBody: () => bytesOf(''),
    })
    expect(calls[0]).not.toMatch(CONTROL)
    expect(calls[0]).not.toMatch(/\n/)
  })

  test.each(['text/html\r\nset-cookie: a=b', 'text/\u00fcber', '', '\u0000', 'a\nb'])(
    'H47 no header of ours is made of several: %j',
    async (contentType) => {
      const handler = createWebhookHandler({
        provider: acme(),
        on: { '*': () => reply('x', { contentType }) },
        telemetry: silent,
      })
      for (const door of [fetchDoor, partsDoor]) {
        const answer = await exchange(door, handler, fromAcme())
        expect(answer.status).toBe(503)
        expect(answer.header('set-cookie')).toBeNull()
      }
    },
  )
})
