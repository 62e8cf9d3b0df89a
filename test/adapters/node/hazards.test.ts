import { Agent, type Server } from 'node:http'
import { createWebhookHandler, type DeliveryReport } from 'webhook-target'
import { contentful } from 'webhook-target/providers/contentful'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test, vi } from 'vitest'
import { bytesOf } from '../../support/doors.ts'
import { silent } from '../../support/reports.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { openRaw, post, raw, rawRequest, start } from '../../support/wire.ts'
import type { ServeOptions } from 'webhook-target/adapters/node'

async function launch(options: ServeOptions = {}, maxBodyBytes = 1_000_000) {
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider: github({ secret: SECRET }),
    on: { '*': () => void effect() },
    limits: { maxBodyBytes },
    telemetry: silent,
    dedupe: false,
  })
  const { port } = await start(handler, options)
  return { port, effect }
}

/** The lines of a genuine delivery's head, without its framing. */
function signedHead(body: string): readonly string[] {
  const { headers = {} } = fromGitHub({ body })
  return [
    'POST / HTTP/1.1',
    'Host: localhost',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
}
const frame = (lines: readonly string[], body: string) => `${lines.join('\r\n')}\r\n\r\n${body}`
const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

describe('header fields that a request names', () => {
  test.each(['constructor', '__proto__'])('H21 %s is none that is not there', async (name) => {
    const errors: (string | undefined)[] = []
    const telemetry = { onDelivery: ({ error }: DeliveryReport) => void errors.push(error?.code) }
    const handler = createWebhookHandler({
      provider: contentful({ secret: SECRET }),
      on: {},
      telemetry,
    })
    const { port } = await start(handler)
    const { status } = await post(port, {
      body: '{}',
      headers: {
        'x-contentful-signature': 'a'.repeat(64),
        'x-contentful-timestamp': String(Date.now()),
        'x-contentful-signed-headers': `x-contentful-signed-headers,x-contentful-timestamp,${name}`,
      },
    })
    expect([status, errors]).toEqual([401, ['ERR_SIGNATURE_MALFORMED']])
  })
})

describe('what is refused by its head', () => {
  test.each([
    ['unsigned', {}, 401],
    ['malformed', { 'x-hub-signature-256': 'sha256=x' }, 401],
    ['encoded', { ...fromGitHub().headers, 'content-encoding': 'gzip' }, 415],
    ['too long', fromGitHub().headers!, 413],
  ] as const)(
    'H19 100 GB that are %s are answered at once, while they are being sent',
    async (_, headers, status) => {
      const { port } = await launch()
      const connection = await openRaw(port)
      const head = rawRequest({ headers }).replace(
        'content-length: 0',
        'content-length: 100000000000',
      )
      connection.write(head)
      const chunk = Buffer.alloc(16 * 1024)
      const sending = setInterval(() => connection.write(chunk), 1)
      const answer = await connection.closed()
      clearInterval(sending)
      connection.socket.destroy()
      expect(answer).toMatchObject({ statuses: [status], closed: true })
      expect(answer.text).toMatch(/^connection: close/im)
    },
  )

  test('H19 64 MB of unsigned bodies leave no trace in memory', async () => {
    const { port, effect } = await launch({}, 100_000_000)
    const chunk = Buffer.alloc(64 * 1024)
    const push = async () => {
      const connection = await openRaw(port)
      connection.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n')
      for (let i = 0; i < 122 && connection.socket.writable; i++) connection.write(chunk)
      const { status } = await connection.closed()
      connection.socket.destroy()
      return status
    }
    await push()
    const before = process.memoryUsage()
    const statuses = await Promise.all(Array.from({ length: 8 }, push))
    const after = process.memoryUsage()
    // 0 where the reset overtook the answer.
    for (const status of statuses) expect([0, 401]).toContain(status)
    // The sender's own buffers are in here, too: they are one buffer, sent many times.
    expect(after.external - before.external).toBeLessThan(16_000_000)
    expect(effect).not.toHaveBeenCalled()
  })

  test('H19 bodies under forged signatures get no more memory than there is room for', async () => {
    const { port, effect } = await launch({ maxBufferedBytes: 150_000 }, 100_000)
    const forged = rawRequest(fromGitHub({ body: 'x'.repeat(100_000), secret: 'forged' }))
    const first = await openRaw(port)
    first.write(forged.slice(0, -1))
    const shed = await vi.waitFor(async () => {
      const answer = await raw(port, forged)
      expect(answer.status).toBe(503)
      return answer
    })
    expect(shed.text).toMatch(/^retry-after: 1\r$/im)
    // What comes in one piece is taken all the same.
    expect((await post(port, fromGitHub({ body: '{}' }))).status).toBe(200)
    first.write('x')
    expect((await first.until(/^HTTP/)).status).toBe(401)
    first.socket.destroy()
    await vi.waitFor(async () => {
      const again = await openRaw(port)
      again.write(forged)
      expect((await again.until(/^HTTP/)).status).toBe(401)
      again.socket.destroy()
    })
    expect(effect).toHaveBeenCalledTimes(1)
  })
})

describe('what is counted', () => {
  test.each([
    ['at the limit', 100, 200],
    ['over it', 101, 413],
  ])('H20 a chunked body %s', async (_, length, status) => {
    const { port, effect } = await launch({}, 100)
    const body = `"${'a'.repeat(length - 2)}"`
    const pieces = body
      .match(/.{1,7}/g)!
      .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
    const answer = await raw(
      port,
      frame(
        [...signedHead(body), 'Transfer-Encoding: chunked', 'Connection: close'],
        `${pieces.join('')}0\r\n\r\n`,
      ),
    )
    expect(answer.statuses).toEqual([status])
    expect(effect).toHaveBeenCalledTimes(status === 200 ? 1 : 0)
  })

  test('H20 an endless chunked body is cut off, not read on', async () => {
    const { port, effect } = await launch({}, 1000)
    const connection = await openRaw(port)
    connection.write(frame([...signedHead('x'), 'Transfer-Encoding: chunked'], ''))
    const piece = `400\r\n${'a'.repeat(0x400)}\r\n`
    const sending = setInterval(() => connection.write(piece), 1)
    const answer = await connection.closed()
    clearInterval(sending)
    connection.socket.destroy()
    expect(answer).toMatchObject({ statuses: [413], closed: true })
    expect(effect).not.toHaveBeenCalled()
  })

  test('H35 a flood of chunk extensions is cut off', async () => {
    const { port, effect } = await launch()
    const connection = await openRaw(port)
    connection.write(frame([...signedHead('x'), 'Transfer-Encoding: chunked'], '1;'))
    const flood = 'a'.repeat(16 * 1024)
    const sending = setInterval(() => connection.write(flood), 1)
    const answer = await connection.closed()
    clearInterval(sending)
    connection.socket.destroy()
    expect(answer.closed).toBe(true)
    expect([0, 400, 413]).toContain(answer.status)
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('what is believed', () => {
  test.each([
    ['x-forwarded-for', '203.0.113.9'],
    ['x-forwarded-host', 'evil.example.com'],
    ['x-forwarded-proto', 'https'],
    ['forwarded', 'for=203.0.113.9;host=evil.example.com;proto=https'],
    ['x-real-ip', '203.0.113.9'],
    ['x-client-ip', '203.0.113.9'],
    ['cf-connecting-ip', '203.0.113.9'],
    ['true-client-ip', '203.0.113.9'],
    ['x-original-host', 'evil.example.com'],
  ])('H32 %s is anybody’s word', async (name, value) => {
    const seen: unknown[] = []
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {
        '*': (_event, { request, clientAddress }) => void seen.push([request.url, clientAddress]),
      },
    })
    const { port } = await start(handler)
    expect(
      (await post(port, fromGitHub({ headers: { host: 'internal', [name]: value } }))).status,
    ).toBe(200)
    expect(seen).toEqual([['http://internal/', '127.0.0.1']])
  })

  test('H33 of two Hosts none counts', async () => {
    const { port, effect } = await launch()
    const body = '{}'
    for (const second of ['evil.example.com', 'localhost']) {
      const lines = [
        ...signedHead(body),
        `host: ${second}`,
        'Content-Length: 2',
        'Connection: close',
      ]
      expect(await raw(port, frame(lines, body))).toMatchObject({ statuses: [400], closed: true })
    }
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('smuggling', () => {
  const body = '{"a":1}'
  const head = signedHead(body)
  const length = `Content-Length: ${body.length}`
  const te = 'Transfer-Encoding: chunked'
  const cases: readonly [name: string, bytes: string][] = [
    ['a length and chunks', frame([...head, length, te], chunked(body))],
    ['chunks and a length', frame([...head, te, length], chunked(body))],
    ['two lengths', frame([...head, length, 'Content-Length: 100'], body)],
    ['a list of lengths', frame([...head, `Content-Length: ${body.length}, ${body.length}`], body)],
    ['a length with a sign', frame([...head, `Content-Length: +${body.length}`], body)],
    ['a length in hex', frame([...head, `Content-Length: 0x${body.length}`], body)],
    ['a negative length', frame([...head, 'Content-Length: -1'], body)],
    ['a length with junk', frame([...head, `Content-Length: ${body.length}junk`], body)],
    ['a bare CR in the head', frame([...head, length, 'x-a: b\rx-c: d'], body)],
    ['a bare LF in the head', frame([...head, length, 'x-a: b\u0000x-c: d'], body)],
    ['a space before the colon', frame([...head, `Content-Length : ${body.length}`], body)],
    ['a tab before the colon', frame([...head, `Transfer-Encoding\t: chunked`], chunked(body))],
    [
      'a folded line',
      frame([...head, 'Content-Length:', ` ${body.length}`, 'x-a: b', ' folded'], body).replace(
        'Content-Length:\r\n',
        'x-b:\r\n',
      ),
    ],
    ['a field without a name', frame([...head, length, ': value'], body)],
    ['a line without a colon', frame([...head, length, 'junk'], body)],
    ['chunks ended by LF', frame([...head, te], `${body.length.toString(16)}\n${body}\n0\n\n`)],
    [
      'a chunk longer than said',
      frame([...head, te], `${(body.length - 2).toString(16)}\r\n${body}\r\n0\r\n\r\n`),
    ],
    ['a chunk size that is none', frame([...head, te], `zz\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk size with a sign', frame([...head, te], `-7\r\n${body}\r\n0\r\n\r\n`)],
    [
      'a chunk size of many digits',
      frame([...head, te], `${'f'.repeat(40)}\r\n${body}\r\n0\r\n\r\n`),
    ],
    ['an unknown coding', frame([...head, 'Transfer-Encoding: xchunked'], chunked(body))],
    [
      'chunked that is not last',
      frame([...head, 'Transfer-Encoding: chunked, identity'], chunked(body)),
    ],
    ['chunked twice', frame([...head, te, te], chunked(body))],
    ['HTTP/0.9', `POST /\r\n\r\n${body}`],
    ['HTTP/1.1 with junk', frame([...head.with(0, 'POST / HTTP/1.1 x'), length], body)],
    ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001'],
    ['no request at all', '\r\n\r\n\r\n\u0000\u0000'],
    ['a head of 100 KB', frame([...head, length, `x-a: ${'a'.repeat(100_000)}`], body)],
    [
      '5000 lines of head',
      frame([...head, length, ...Array.from({ length: 5000 }, (_, i) => `x-${i}: 1`)], body),
    ],
  ]
  test.each(cases)('H34 %s: nothing is worked on', async (_, bytes) => {
    const { port, effect } = await launch({ requestTimeoutSeconds: 1, headersTimeoutSeconds: 1 })
    const answer = await raw(port, bytes)
    expect(effect).not.toHaveBeenCalled()
    expect(answer.closed).toBe(true)
    for (const status of answer.statuses) expect([400, 401, 408, 413, 431]).toContain(status)
    // And what comes next is taken as usual.
    expect((await post(port, fromGitHub())).status).toBe(200)
  })

  test('H34 nor is a request hidden behind another', async () => {
    const { port, effect } = await launch({ requestTimeoutSeconds: 1 })
    const hidden = frame([...head, length], body)
    for (const bytes of [
      frame([...head, te, 'Content-Length: 4'], `1\r\nZ\r\n0\r\n\r\n${hidden}`),
      // A refused request whose body is a delivery: the body must not be read as the next request.
      frame(['POST / HTTP/1.1', 'Host: localhost', `Content-Length: ${hidden.length}`], hidden),
      frame(
        ['POST /health HTTP/1.1', 'Host: localhost', `Content-Length: ${hidden.length}`],
        hidden,
      ),
      frame(['GET / HTTP/1.1', 'Host: localhost', `Content-Length: ${hidden.length}`], hidden),
    ]) {
      const answer = await raw(port, bytes)
      expect(answer.statuses.length).toBeLessThanOrEqual(1)
    }
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('slow clients', () => {
  test('H36 a body that is not whole when the deadline is over keeps neither place nor room', async () => {
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {},
      telemetry: silent,
    })
    const options = { concurrency: 1, maxWaiting: 0, maxBufferedBytes: 100_000 }
    const { port } = await start(handler, { ...options, platformTimeoutSeconds: 0.4 })
    const large = fromGitHub({ body: JSON.stringify({ a: 'x'.repeat(90_000) }) })
    const slow = await openRaw(port)
    const whole = rawRequest(large)
    slow.write(whole.slice(0, -1000))
    expect((await slow.until(/400 Bad/)).statuses).toEqual([503])
    slow.write(whole.slice(-1000))
    slow.socket.destroy()
    const again = () =>
      fromGitHub({ body: [bytesOf(large.body)] as never, headers: large.headers! })
    for (let i = 0; i < 3; i++) expect((await post(port, again())).status).toBe(200)
  })

  test(
    'H36 100 slow heads and 100 slow bodies are dropped, a good delivery is answered meanwhile',
    { timeout: 20_000 },
    async () => {
      const { port } = await launch({ headersTimeoutSeconds: 0.6, requestTimeoutSeconds: 0.8 })
      const slow = await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const connection = await openRaw(port)
          const whole = rawRequest(fromGitHub())
          const end = i % 2 ? 40 : whole.length - 10
          connection.write(whole.slice(0, end))
          let at = end
          const drip = setInterval(() => {
            if (at < whole.length - 1) connection.write(whole[at++]!)
          }, 400)
          return { connection, stop: () => clearInterval(drip) }
        }),
      )
      const agent = new Agent({ keepAlive: true })
      const good: number[] = []
      const sending = (async () => {
        for (let i = 0; i < 20; i++) good.push((await post(port, fromGitHub(), agent)).status)
      })()
      const answers = await Promise.all(slow.map(({ connection }) => connection.closed(10_000)))
      await sending
      agent.destroy()
      for (const { connection, stop } of slow) {
        stop()
        connection.socket.destroy()
      }
      for (const answer of answers) {
        expect(answer.closed).toBe(true)
        expect([0, 400, 408]).toContain(answer.status)
      }
      expect(good).toEqual(Array.from({ length: 20 }, () => 200))
    },
  )

  test('H36 unless told otherwise, a head has 10 s, a request 30 s, and both are looked at every second', async () => {
    const create = vi.spyOn(process.getBuiltinModule('node:net').Server.prototype, 'listen')
    await launch()
    const [server] = create.mock.contexts as unknown as readonly [Server]
    create.mockRestore()
    expect(server.headersTimeout).toBe(10_000)
    expect(server.requestTimeout).toBe(30_000)
    expect(server.keepAliveTimeout).toBe(65_000)
    expect(server).toHaveProperty('connectionsCheckingInterval', 1000)
  })

  test('H36 a connection that says nothing is dropped as well', async () => {
    const { port } = await launch({ headersTimeoutSeconds: 0.3, requestTimeoutSeconds: 0.5 })
    const connection = await openRaw(port)
    expect((await connection.closed()).closed).toBe(true)
    connection.socket.destroy() // half open, it would hold up the end of the server
  })
})
