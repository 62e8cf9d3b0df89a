import { createWebhookHandler, type Provider } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { github } from 'webhook-target/providers/github'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bytesOf,
  exchange,
  fetchDoor,
  ORIGIN,
  partsDoor,
  streamed,
  toRequest,
} from './support/doors.ts'
import { recorder, silent } from './support/reports.ts'
import { acme, fromAcme, fromGitHub, SECRET } from './support/senders.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('options', () => {
  const provider = acme()
  const inbox = { open: () => undefined, bind: () => () => undefined }
  test.each([
    ['no provider', {}],
    ['a provider that is null', { provider: null }],
    ['an effect that is no function', { provider, on: { made: 'later' } }],
    ['an effect that is null', { provider, on: { made: null } }],
    ['a limit that is none', { provider, on: {}, limits: { maxBodyBytes: '1mb' } }],
    ['an inbox that is none', { provider, on: {}, inbox: {} }],
    ['an engine that was not called', { provider, on: {}, inbox: () => inbox }],
    ['a file name for an inbox', { provider, on: {}, inbox: 'inbox.db' }],
    ['an inbox that is null', { provider, on: {}, inbox: null }],
    ['an unknown mode', { provider, on: {}, inbox, acknowledge: 'later' }],
    ['a mode of every object', { provider, on: {}, inbox, acknowledge: 'toString' }],
    ['a public URL that is none', { provider, on: {}, publicUrl: 'example.com' }],
  ])('%s is refused when the handler is made', (_, options) => {
    expect(() => createWebhookHandler(options as { provider: Provider; on: object })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }),
    )
  })

  test('an effect may be undefined, as a condition may leave it', async () => {
    const handler = createWebhookHandler({ provider, on: { made: undefined } })
    expect((await exchange(fetchDoor, handler, fromAcme())).status).toBe(200)
  })
})

describe('shapes', () => {
  const handler = createWebhookHandler({ provider: acme(), on: {} })

  test('is a function, has fetch and receive, and needs no receiver for them', async () => {
    const { fetch, receive } = handler
    expect((await handler(toRequest(fromAcme()))).status).toBe(200)
    expect((await fetch(toRequest(fromAcme()))).status).toBe(200)
    const { headers, body } = fromAcme()
    const parts = {
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: new Headers(headers),
      readBody: () => bytesOf(body),
    }
    expect((await receive(parts)).status).toBe(200)
  })

  test.each([
    ['an environment', { SECRET: 'x', telemetry: 'x', platformTimeoutSeconds: '1' }],
    ['a context with params', { params: Promise.resolve({ a: '1' }) }],
    ['a connection', { remoteAddr: { hostname: '1.2.3.4' } }],
    ['null', null],
  ])('what runtimes pass beside the request does no harm: %s', async (_, second) => {
    const fetch = handler.fetch as (...args: unknown[]) => Promise<Response>
    expect((await fetch(toRequest(fromAcme()), second)).status).toBe(200)
    const call = handler as unknown as (...args: unknown[]) => Promise<Response>
    expect((await call(toRequest(fromAcme()), second)).status).toBe(200)
  })
})

describe('budget', () => {
  const hanging = (provider: Provider, signals: AbortSignal[] = []) =>
    createWebhookHandler({
      provider,
      on: {
        '*': (_event, { signal }) => {
          signals.push(signal)
          return new Promise<void>(() => {})
        },
      },
      telemetry: silent,
    })

  test.each([
    ['10 s unless the provider says otherwise', {}, undefined, 9000],
    ["the provider's 3 s", { deadlineSeconds: 3 }, undefined, 2700],
    ["the platform's, if that is shorter", { deadlineSeconds: 10 }, 5, 4500],
    ["the provider's, if that is shorter", { deadlineSeconds: 3 }, 300, 2700],
    ['a second of margin at most', { deadlineSeconds: 60 }, undefined, 59_000],
    ['a quarter of a second at least', { deadlineSeconds: 1 }, undefined, 750],
    ['half of a very short time', {}, 0.2, 100],
  ] as const)('is %s', async (_, acknowledge, platformTimeoutSeconds, budgetMs) => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    const signals: AbortSignal[] = []
    const handler = hanging(acme({ acknowledge }), signals)
    let status: number | undefined
    const host = platformTimeoutSeconds === undefined ? undefined : { platformTimeoutSeconds }
    void exchange(partsDoor, handler, fromAcme(), host).then((answer) => (status = answer.status))
    await vi.advanceTimersByTimeAsync(budgetMs - 1)
    expect([status, signals[0]?.aborted]).toEqual([undefined, false])
    await vi.advanceTimersByTimeAsync(2)
    expect([status, signals[0]?.aborted]).toEqual([503, true])
  })

  test('a slow secret and a slow body are part of it', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const handler = hanging(
      github({
        secret: async () => {
          await wait(4000)
          return SECRET
        },
      }) as object as Provider,
    )
    const { headers, body } = fromGitHub()
    let status: number | undefined
    const answer = handler.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: new Headers(headers),
      readBody: async () => {
        await wait(4000)
        return bytesOf(body)
      },
    })
    void Promise.resolve(answer).then((reply) => (status = reply.status))
    await vi.advanceTimersByTimeAsync(8999)
    expect(status).toBeUndefined()
    await vi.advanceTimersByTimeAsync(2)
    expect(status).toBe(503)
  })

  test.each([
    { name: 'a signed body', sent: fromGitHub, provider: github({ secret: SECRET }) },
    {
      name: 'an unsigned body that could be a challenge',
      sent: () => ({ headers: {} }),
      provider: acme({ challenges: [echo({ member: 'challenge', signed: false })] }),
    },
  ])('is for the body too: $name that never ends is let go', async ({ sent, provider }) => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    const cancel = vi.fn()
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(bytesOf('{"a":')),
      cancel,
    })
    const { telemetry, reports } = recorder()
    const handler = createWebhookHandler({ provider: provider as Provider, on: {}, telemetry })
    let status: number | undefined
    void handler(streamed(sent().headers!, endless)).then((answer) => (status = answer.status))
    await vi.advanceTimersByTimeAsync(8999)
    expect([status, cancel.mock.calls.length]).toEqual([undefined, 0])
    await vi.advanceTimersByTimeAsync(2)
    expect([status, cancel.mock.calls.length]).toEqual([503, 1])
    expect(reports.map(({ error }) => error?.code)).toEqual(['ERR_DEADLINE_EXCEEDED'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is for the body of any host', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    const { headers } = fromGitHub()
    const handler = hanging(github({ secret: SECRET }) as object as Provider)
    const answer = handler.receive({
      method: 'POST',
      origin: ORIGIN,
      target: '/',
      headers: new Headers(headers),
      readBody: () => new Promise(() => {}),
    })
    await vi.advanceTimersByTimeAsync(9001)
    expect((await answer).status).toBe(503)
  })

  test('no timer is left behind', async () => {
    vi.useFakeTimers()
    const handler = createWebhookHandler({
      provider: acme(),
      on: { '*': async (_event, { signal }) => void signal.aborted },
    })
    await exchange(partsDoor, handler, fromAcme())
    await exchange(partsDoor, handler, fromAcme())
    expect(vi.getTimerCount()).toBe(0)
  })

  test('work that fails after the deadline is nobody’s unhandled rejection', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    let failLate: ((error: Error) => void) | undefined
    const handler = createWebhookHandler({
      provider: acme(),
      on: { '*': () => new Promise<void>((_, reject) => (failLate = reject)) },
      telemetry: silent,
      dedupe: false,
    })
    const answer = await exchange(partsDoor, handler, fromAcme(), { platformTimeoutSeconds: 0.02 })
    expect(answer.status).toBe(503)
    failLate!(new Error('too late'))
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('where reports go', () => {
  test("to the handler's telemetry, else to the host's, else to the console", async () => {
    const own = recorder()
    const hosts = recorder()
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const refused = fromAcme({ secret: 'another' })
    const host = { telemetry: hosts.telemetry }
    const observed = createWebhookHandler({ provider: acme(), on: {}, telemetry: own.telemetry })
    const plain = createWebhookHandler({ provider: acme(), on: {} })

    await exchange(partsDoor, observed, refused, host)
    expect([own.reports.length, hosts.reports.length, warn.mock.calls.length]).toEqual([1, 0, 0])
    await exchange(partsDoor, plain, refused, host)
    expect([own.reports.length, hosts.reports.length, warn.mock.calls.length]).toEqual([1, 1, 0])
    await exchange(partsDoor, plain, refused)
    expect([own.reports.length, hosts.reports.length, warn.mock.calls.length]).toEqual([1, 1, 1])
  })

  test('the console gets a line for each problem, and none for the rest', async () => {
    const lines: string[] = []
    for (const level of ['warn', 'error', 'log', 'info'] as const) {
      vi.spyOn(console, level).mockImplementation(
        (line: string) => void lines.push(`${level}: ${line}`),
      )
    }
    const { retry, drop } = await import('webhook-target')
    const handler = createWebhookHandler({
      provider: acme(),
      on: {
        made: () => undefined,
        drop: () => drop('not wanted'),
        retry: () => retry({ reason: 'locked' }),
        throw: () => Promise.reject(new Error('database is down')),
      },
    })
    const send = (type: string, more = {}) =>
      exchange(
        partsDoor,
        handler,
        fromAcme({ id: `id-${type}`, body: JSON.stringify({ type }), ...more }),
      )
    for (const type of ['made', 'made', 'drop', 'other']) await send(type)
    expect(lines).toEqual([])
    await send('made', { secret: 'another' })
    await send('made', { method: 'PUT' })
    await send('retry')
    await send('throw')
    const ms = String.raw`\d+\.\dms`
    expect(lines[0]).toMatch(
      new RegExp(`^warn: acme refused 401 ${ms} ERR_SIGNATURE_MISMATCH: .+$`),
    )
    expect(lines[1]).toMatch(
      new RegExp(`^warn: acme rejected 405 ${ms} ERR_METHOD_NOT_ALLOWED: .*PUT.*$`),
    )
    expect(lines[2]).toMatch(new RegExp(`^warn: acme retry 503 ${ms} retry id-retry locked$`))
    const [first, ...stack] = lines[3]!.split('\n')
    expect(first).toMatch(
      new RegExp(
        `^error: acme unavailable 503 ${ms} throw id-throw ERR_HANDLER_FAILED: .*database is down$`,
      ),
    )
    expect(stack[0]).toMatch(/^ +at .*handler\.test\.ts/)
    expect(lines).toHaveLength(4)
  })
})
