import { Agent } from 'node:http'
import { createWebhookHandler, mount } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { silent } from '../../support/reports.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { openRaw, post, raw, rawRequest, start } from '../../support/wire.ts'

function endpoint(effect: () => unknown = () => undefined) {
  return createWebhookHandler({
    provider: github({ secret: SECRET }),
    on: { '*': () => effect() as undefined },
    telemetry: silent,
    dedupe: false,
  })
}

/** An effect that waits to be let go. */
function latch() {
  const waiting: (() => void)[] = []
  return {
    effect: () => new Promise<void>((resolve) => waiting.push(resolve)),
    arrived: (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count)),
    release: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

afterEach(() => vi.unstubAllEnvs())

describe('keep-alive', () => {
  test('a connection serves many deliveries, refused ones among them', async () => {
    const { port } = await start(endpoint())
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await post(port, fromGitHub(), agent)
    const refused = await post(port, fromGitHub({ secret: 'x' }), agent)
    const last = await post(port, fromGitHub(), agent)
    agent.destroy()
    expect([first, refused, last].map(({ status }) => status)).toEqual([200, 401, 200])
    expect([refused, last].map(({ reusedSocket }) => reusedSocket)).toEqual([true, true])
  })

  test('deliveries sent without waiting are answered in order', async () => {
    const { port } = await start(endpoint())
    const close = fromGitHub()
    const answer = await raw(
      port,
      [
        rawRequest(fromGitHub()),
        rawRequest(fromGitHub({ secret: 'x' })),
        rawRequest({ ...close, headers: { ...close.headers, connection: 'close' } }),
      ].join(''),
    )
    expect(answer).toMatchObject({ statuses: [200, 401, 200], closed: true })
  })
})

describe('Expect: 100-continue', () => {
  const expecting = (sent = fromGitHub()) => {
    const whole = rawRequest({
      ...sent,
      headers: { ...sent.headers, expect: '100-continue', connection: 'close' },
    })
    const end = whole.indexOf('\r\n\r\n') + 4
    return { head: whole.slice(0, end), body: whole.slice(end) }
  }

  test('an acceptable head gets 100, and the body its answer', async () => {
    const { port } = await start(endpoint())
    const connection = await openRaw(port)
    const { head, body } = expecting()
    connection.write(head)
    expect((await connection.until(/\r\n\r\n/)).statuses).toEqual([100])
    connection.write(body)
    expect(await connection.closed()).toMatchObject({ statuses: [100, 200] })
  })

  const refused: readonly [name: string, sent: Parameters<typeof expecting>[0], status: number][] =
    [
      ['no signature', { body: '{}', headers: {} }, 401],
      [
        'a malformed signature',
        fromGitHub({ headers: { 'x-hub-signature-256': 'sha256=1' } }),
        401,
      ],
      ['an encoding', fromGitHub({ headers: { 'content-encoding': 'gzip' } }), 415],
      ['another method', fromGitHub({ method: 'PUT' }), 405],
    ]
  test.each(refused)('a head with %s is refused without a 100', async (_, sent, status) => {
    const { port } = await start(endpoint())
    const connection = await openRaw(port)
    connection.write(expecting(sent).head)
    expect(await connection.closed()).toMatchObject({ statuses: [status], closed: true })
  })

  test('a body over the limit is refused without a 100', async () => {
    const { port } = await start(endpoint())
    const connection = await openRaw(port)
    connection.write(
      expecting().head.replace(/content-length: \d+/, 'content-length: 100000000000'),
    )
    expect(await connection.closed()).toMatchObject({ statuses: [413], closed: true })
  })
})

describe('concurrency', () => {
  test('what waits gets in when a place is free, what is too much gets 503 at once', async () => {
    const { effect, arrived, release } = latch()
    const { port } = await start(endpoint(effect), { concurrency: 2, maxWaiting: 2 })
    const inside = [post(port, fromGitHub()), post(port, fromGitHub())]
    await arrived(2)
    const waiting = [post(port, fromGitHub()), post(port, fromGitHub())]
    // The two that wait have to be at the gate before a third comes.
    const shed = await vi.waitFor(async () => {
      const answer = await post(port, fromGitHub())
      expect(answer.status).toBe(503)
      return answer
    })
    expect(shed.header('retry-after')).toMatch(/^\d+$/)
    expect(shed.header('connection')).toBe('close')
    expect(shed.body).toBe('')
    release()
    await arrived(2)
    release()
    for (const answer of await Promise.all([...inside, ...waiting])) expect(answer.status).toBe(200)
    // Every place is free again.
    const more = [post(port, fromGitHub()), post(port, fromGitHub())]
    await arrived(2)
    release()
    for (const answer of await Promise.all(more)) expect(answer.status).toBe(200)
  })

  test('health is answered when every place is taken', async () => {
    const { effect, arrived, release } = latch()
    const { port } = await start(endpoint(effect), { concurrency: 1, maxWaiting: 0 })
    const inside = post(port, fromGitHub())
    await arrived(1)
    expect((await post(port, { method: 'GET', path: '/health' })).status).toBe(200)
    expect((await post(port, fromGitHub())).status).toBe(503)
    release()
    expect((await inside).status).toBe(200)
  })

  test('bodies that do not come take no place, whatever their heads say', async () => {
    const { port } = await start(endpoint(), { concurrency: 1, maxWaiting: 0 })
    const whole = rawRequest(fromGitHub())
    const slow = await Promise.all(Array.from({ length: 20 }, () => openRaw(port)))
    for (const connection of slow) connection.write(whole.slice(0, -1)) // all but the last byte
    expect((await post(port, fromGitHub())).status).toBe(200)
    for (const { socket } of slow) socket.destroy()
  })

  test('a client that hangs up gives its place back when the work is done', async () => {
    const { effect, arrived, release } = latch()
    const { port } = await start(endpoint(effect), { concurrency: 1, maxWaiting: 0 })
    const connection = await openRaw(port)
    connection.write(rawRequest(fromGitHub()))
    await arrived(1)
    expect((await post(port, fromGitHub())).status).toBe(503)
    connection.socket.resetAndDestroy()
    release()
    const next = vi.waitFor(async () => {
      expect((await post(port, fromGitHub())).status).toBe(200)
    }, 3000)
    await arrived(1)
    release()
    await next
  })

  test('connections over maxConnections are closed, others live', async () => {
    const { port } = await start(endpoint(), { maxConnections: 3 })
    const held = [await openRaw(port), await openRaw(port), await openRaw(port)] as const
    const over = await openRaw(port)
    over.write(rawRequest(fromGitHub()))
    expect(await over.closed()).toMatchObject({ status: 0, closed: true })
    held[0].write(rawRequest(fromGitHub()))
    expect((await held[0].until(/\r\n\r\n/)).status).toBe(200)
    for (const { socket } of held) socket.destroy()
    await vi.waitFor(async () => expect((await post(port, fromGitHub())).status).toBe(200))
  })
})

describe('timeouts', () => {
  test('of the platform: by option, else by the environment', async () => {
    const deadlines: number[] = []
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      clock: () => 0,
      on: { '*': (_event, { deadline }) => void deadlines.push(deadline) },
    })
    for (const [options, env] of [
      [{}, {}],
      [{}, { WEBHOOK_PLATFORM_TIMEOUT_SECONDS: '4' }],
      [{}, { CLOUD_RUN_TIMEOUT_SECONDS: '2' }],
      [{}, { WEBHOOK_PLATFORM_TIMEOUT_SECONDS: '4', CLOUD_RUN_TIMEOUT_SECONDS: '2' }],
      [{ platformTimeoutSeconds: 8 }, { WEBHOOK_PLATFORM_TIMEOUT_SECONDS: '4' }],
      [{}, { CLOUD_RUN_TIMEOUT_SECONDS: 'soon' }],
      [{}, { CLOUD_RUN_TIMEOUT_SECONDS: '3600' }],
    ] as const) {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      const { port } = await start(handler, options)
      vi.unstubAllEnvs()
      expect((await post(port, fromGitHub())).status).toBe(200)
    }
    // To the next twentieth of a second: the time before the handler was called is taken off.
    const rounded = deadlines.map((ms) => Math.ceil(ms / 50) * 50)
    expect(rounded).toEqual([9000, 3600, 1750, 3600, 7200, 9000, 9000])
    vi.stubEnv('WEBHOOK_PLATFORM_TIMEOUT_SECONDS', '30s')
    await expect(serve(handler, { port: 0 })).rejects.toThrow('WEBHOOK_PLATFORM_TIMEOUT_SECONDS')
    vi.unstubAllEnvs()
    for (const options of [{ maxWaiting: NaN }, { maxWaiting: -1 }, { drainSeconds: NaN }]) {
      await expect(serve(handler, { port: 0, ...options })).rejects.toThrow('is a number above 0')
    }
    for (const name of [
      'drainSeconds',
      'headersTimeoutSeconds',
      'requestTimeoutSeconds',
      'platformTimeoutSeconds',
    ]) {
      const serving = serve(handler, { port: 0, [name]: 1e7 })
      await expect(serving).rejects.toThrow(`${name} is at most`)
    }
  })

  test('mounted endpoints are served like one', async () => {
    const { port } = await start(mount({ '/github': endpoint() }))
    expect((await post(port, fromGitHub({ path: '/github' }))).status).toBe(200)
    expect((await post(port, fromGitHub({ path: '/other' }))).status).toBe(404)
  })
})
