import { Agent, request } from 'node:http'
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { run } from '../../examples/child.ts'
import { silent } from '../../support/reports.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { openRaw, post, rawRequest } from '../../support/wire.ts'

describe('close()', () => {
  async function startBusy() {
    const waiting: (() => void)[] = []
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: { '*': () => new Promise<void>((resolve) => waiting.push(resolve)) },
      telemetry: silent,
    })
    const server = await serve(handler, { port: 0, host: '127.0.0.1', signals: false })
    const release = () => {
      for (const resolve of waiting.splice(0)) resolve()
    }
    onTestFinished(release)
    return { server, release, arrived: () => vi.waitFor(() => expect(waiting).not.toEqual([])) }
  }

  test('answers what is in flight with Connection: close, then refuses connections', async () => {
    const { server, release, arrived } = await startBusy()
    const inFlight = post(server.port, fromGitHub(), new Agent({ keepAlive: true }))
    await arrived()
    let closed = false
    const closing = server.close().then(() => (closed = true))
    await refused(server.port)
    expect(closed).toBe(false)
    release()
    const answer = await inFlight
    expect(answer.status).toBe(200)
    expect(answer.header('connection')).toBe('close')
    await closing
  })

  test('an open connection gets 503, for a delivery and for the health path', async () => {
    const { server, release, arrived } = await startBusy()
    const inFlight = post(server.port, fromGitHub())
    await arrived()
    // Both have begun a head, so that they are no idle connections.
    const delivery = await openRaw(server.port)
    delivery.write('POST')
    const probe = await openRaw(server.port)
    probe.write('GET')
    await post(server.port, { method: 'GET', path: '/health' }) // by now both have been accepted
    const closing = server.close()
    await refused(server.port)
    delivery.write(rawRequest(fromGitHub()).slice('POST'.length))
    probe.write(' /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
    for (const connection of [delivery, probe]) {
      const answer = await connection.closed()
      expect(answer).toMatchObject({ status: 503, closed: true })
      expect(answer.text).toMatch(/^retry-after: \d+/im)
      expect(answer.text).toMatch(/^connection: close/im)
    }
    release()
    expect((await inFlight).status).toBe(200)
    await closing
  })

  test('what has reached the machine but was not read yet is answered, not reset', async () => {
    const { server } = await startBusy()
    const idle = await Promise.all(Array.from({ length: 20 }, () => openRaw(server.port)))
    const refusal = rawRequest(fromGitHub({ secret: 'x' }))
    for (const connection of idle) connection.write(refusal)
    for (const connection of idle)
      expect((await connection.until(/401[^]*\r\n\r\n/)).status).toBe(401)

    // All in one turn of the event loop, so that the server reads and accepts nothing before it closes.
    for (const connection of idle) connection.write(refusal)
    const connecting = Promise.all(Array.from({ length: 20 }, () => openRaw(server.port)))
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const closing = server.close()

    const fresh = await connecting
    for (const connection of fresh) connection.write(refusal)
    for (const connection of fresh) {
      expect(await connection.closed()).toMatchObject({ statuses: [503], closed: true })
    }
    for (const connection of idle) {
      expect(await connection.closed()).toMatchObject({ statuses: [401, 503], closed: true })
    }
    await closing
  })

  test('closes idle connections, and is at peace with being called twice', async () => {
    const { server } = await startBusy()
    const idle = await openRaw(server.port)
    idle.write(rawRequest(fromGitHub({ secret: 'x' })))
    expect((await idle.until(/\r\n\r\n/)).status).toBe(401)
    await Promise.all([server.close(), server.close()])
    expect((await idle.closed()).closed).toBe(true)
    await server.close()
  })

  test('cuts off what is not done in time', async () => {
    let begun = false
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {
        '*': () => {
          begun = true
          return new Promise<void>(() => {})
        },
      },
      telemetry: silent,
    })
    // By default it would take longer than a test may.
    const server = await serve(handler, {
      port: 0,
      host: '127.0.0.1',
      signals: false,
      drainSeconds: 0.2,
    })
    const connection = await openRaw(server.port)
    connection.write(rawRequest(fromGitHub()))
    await vi.waitFor(() => expect(begun).toBe(true))
    await server.close()
    expect(await connection.closed()).toMatchObject({ status: 0, closed: true })
  })
})

async function refused(port: number): Promise<void> {
  await vi.waitFor(
    () =>
      expect(post(port, { method: 'GET', path: '/health' })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      }),
    // Not so often that the server takes it for a sender in full flow.
    { timeout: 5000, interval: 200 },
  )
}

// Processes start slowly on a busy machine.
test('a closed server listens to no signal any more', async () => {
  const handler = createWebhookHandler({ provider: github({ secret: SECRET }), on: {} })
  const count = () => [process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]
  const before = count()
  for (let i = 0; i < 12; i++) {
    const server = await serve(handler, { port: 0, host: '127.0.0.1' })
    expect(count()).toEqual(before.map((listeners) => listeners + 1))
    await server.close()
    await server.close()
    expect(count()).toEqual(before)
  }
})

describe('signals', { timeout: 30_000 }, () => {
  async function launch(env: Record<string, string> = {}) {
    const child = run('test/adapters/node/drain-process.ts', { env })
    const [, port] = await child.printed(/ready (\d+)/)
    return { child, port: Number(port) }
  }
  const counted = async (child: Awaited<ReturnType<typeof launch>>['child']) => {
    const exitCode = await child.exit
    const [, received, worked] = /received (\d+), worked (\d+)/.exec(child.output()) ?? []
    return { exitCode, received: Number(received), worked: Number(worked) }
  }

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s in full flow loses nothing that was received',
    async (signal) => {
      const { child, port } = await launch()
      const tally = await sendSteadily(port, {
        perSecond: 400,
        forMs: 1500,
        stopAfter: 100,
        stop: () => child.kill(signal),
      })
      const { exitCode, received, worked } = await counted(child)
      const { done = 0, refused: turnedAway = 0, ...others } = tally

      expect(exitCode).toBe(0)
      expect(done).toBeGreaterThanOrEqual(100)
      expect(worked).toBe(done)
      // Whatever the server has read the head of was answered, by 200 or by 503 and Connection: close.
      expect(done + turnedAway).toBe(received)
      // The rest found the door shut, or an idle connection gone. A connection can still come in the very
      // moment of closing, before it is accepted: the system resets it, which no program can prevent.
      const {
        ECONNREFUSED: _,
        'ECONNRESET on an idle connection': __,
        ECONNRESET = 0,
        ...lost
      } = others
      expect(lost).toEqual({})
      expect(ECONNRESET).toBeLessThanOrEqual(5)
    },
  )

  test('a slow effect finishes, and a second SIGTERM changes nothing', async () => {
    const { child, port } = await launch()
    const slow = post(port, fromGitHub({ type: 'slow' }))
    await child.printed(/slow begins/)
    child.kill('SIGTERM')
    await refused(port)
    child.kill('SIGTERM')
    const answer = await slow
    expect(answer.status).toBe(200)
    expect(answer.header('connection')).toBe('close')
    expect(await counted(child)).toMatchObject({ exitCode: 0, worked: 1 })
  })

  test('a stuck effect is cut off at the limit, with exit code 1', async () => {
    const { child, port } = await launch({ DRAIN_SECONDS: '0.5' })
    const stuck = await openRaw(port)
    stuck.write(rawRequest(fromGitHub({ type: 'stuck' })))
    await child.printed(/stuck begins/)
    child.kill('SIGTERM')
    expect(await counted(child)).toMatchObject({ exitCode: 1, received: 1, worked: 0 })
    expect(await stuck.closed()).toMatchObject({ status: 0, closed: true })
  })

  test('Ctrl-C for the second time ends at once', async () => {
    const { child, port } = await launch()
    const stuck = await openRaw(port)
    stuck.write(rawRequest(fromGitHub({ type: 'stuck' })))
    await child.printed(/stuck begins/)
    child.kill('SIGINT')
    await refused(port)
    child.kill('SIGINT')
    expect((await counted(child)).exitCode).toBe(130)
    stuck.socket.destroy()
  })

  test('an idle receiver ends at once, with idle connections open', async () => {
    const { child, port } = await launch()
    const idle = await openRaw(port)
    idle.write(rawRequest(fromGitHub()))
    await idle.until(/\r\n\r\n/)
    child.kill('SIGTERM')
    expect(await counted(child)).toEqual({ exitCode: 0, received: 1, worked: 1 })
    expect((await idle.closed()).closed).toBe(true)
  })
})

interface Flow {
  readonly perSecond: number
  readonly forMs: number
  /** Successes after which the server is told to stop. */
  readonly stopAfter: number
  stop(): void
}

/** Sends by the clock, not by the answers: 200s are `done`, 503s `refused`, the rest counts by its error. */
async function sendSteadily(port: number, flow: Flow): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true })
  const tally: Record<string, number> = {}
  const count = (outcome: string) => (tally[outcome] = (tally[outcome] ?? 0) + 1)
  const pending: Promise<unknown>[] = []
  let stoppedAt: number | undefined

  const send = () =>
    new Promise<void>((resolve) => {
      const { headers, body } = fromGitHub()
      const length = { 'content-length': String(body).length }
      const client = request({
        port,
        host: '127.0.0.1',
        method: 'POST',
        agent,
        headers: { ...headers, ...length },
      })
      const settle = (outcome: string) => {
        count(outcome)
        resolve()
      }
      client.on('error', ({ code }: NodeJS.ErrnoException) =>
        settle(client.reusedSocket ? `${code} on an idle connection` : String(code)),
      )
      client.on('response', (response) => {
        const { statusCode, headers: fields } = response
        const turnedAway =
          statusCode === 503 && fields.connection === 'close' && fields['retry-after']
        response.on('error', () => settle('cut short'))
        response.on('end', () =>
          settle(statusCode === 200 ? 'done' : turnedAway ? 'refused' : `status ${statusCode}`),
        )
        response.resume()
      })
      client.end(body)
    })

  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let i = 0; i < flow.perSecond / 200; i++) pending.push(send())
      if (stoppedAt === undefined && (tally['done'] ?? 0) >= flow.stopAfter) {
        stoppedAt = performance.now()
        flow.stop()
      }
      if (stoppedAt === undefined || performance.now() < stoppedAt + flow.forMs) return
      clearInterval(timer)
      resolve()
    }, 5)
  })
  await Promise.all(pending)
  agent.destroy()
  return tally
}
