import { createHash, randomBytes } from 'node:crypto'
import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { deferred } from '../../support/inboxes.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { openRaw, post, raw, rawRequest, start } from '../../support/wire.ts'

type Fetch = (request: Request) => Response | Promise<Response>

async function answerOf(handler: Fetch, sent: Parameters<typeof post>[1] = {}) {
  const { port } = await start(handler)
  return post(port, sent)
}

afterEach(() => vi.restoreAllMocks())

describe('a Fetch handler', () => {
  test('answers with its own Response', async () => {
    const answer = await answerOf(
      () =>
        new Response('hello', {
          status: 418,
          headers: [
            ['x-one', '1'],
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ],
        }),
    )
    expect(answer).toMatchObject({ status: 418, body: 'hello' })
    expect(answer.header('x-one')).toBe('1')
    expect(answer.header('set-cookie')).toBe('a=1, b=2')
  })

  test('an object with fetch is one, and a webhook handler called by hand', async () => {
    const handler = createWebhookHandler({ provider: github({ secret: SECRET }), on: {} })
    const { port } = await start({ fetch: (request) => handler(request) })
    expect((await post(port, fromGitHub())).status).toBe(200)
  })

  test('a webhook handler that it calls knows the address, and refuses a body that was read', async () => {
    const addresses: unknown[] = []
    const codes: unknown[] = []
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: { '*': (_event, { clientAddress }) => void addresses.push(clientAddress) },
      telemetry: { onDelivery: ({ error }) => void codes.push(error?.code) },
    })
    const { port } = await start(async (request: Request) => {
      if (request.url.endsWith('/read')) await request.text()
      if (request.url.endsWith('/cloned')) request.clone()
      return handler(request)
    })
    const statuses: number[] = []
    for (const path of ['/', '/cloned', '/read']) {
      statuses.push((await post(port, fromGitHub({ path }))).status)
    }
    expect(statuses).toEqual([200, 200, 500])
    expect(codes).toEqual([undefined, undefined, 'ERR_BODY_CONSUMED'])
    expect(addresses).toEqual(['127.0.0.1', undefined])
  })

  test('sees the request as it was sent', async () => {
    const answer = await answerOf(
      (request) =>
        Response.json({
          isRequest: request instanceof Request,
          method: request.method,
          url: request.url,
          header: request.headers.get('x-more'),
          // A property of the class that nothing in here knows of.
          redirect: request.redirect,
          signal: request.signal instanceof AbortSignal,
          tag: Object.prototype.toString.call(request),
        }),
      { path: '/a?b=1', headers: { host: 'example.com', 'x-more': 'yes' }, body: 'x' },
    )
    expect(JSON.parse(answer.body)).toEqual({
      isRequest: true,
      method: 'POST',
      url: 'http://example.com/a?b=1',
      header: 'yes',
      redirect: 'follow',
      signal: true,
      tag: '[object Request]',
    })
  })

  const readers: readonly [
    name: string,
    read: (request: Request) => Promise<unknown>,
    body: string,
    expected: unknown,
  ][] = [
    ['json()', (request) => request.json(), '{"a":1}', { a: 1 }],
    ['text()', (request) => request.text(), 'ü', 'ü'],
    ['arrayBuffer()', async (request) => (await request.arrayBuffer()).byteLength, 'ü', 2],
    ['blob()', async (request) => (await request.blob()).size, 'ü', 2],
    ['body', (request) => new Response(request.body).text(), 'stream', 'stream'],
    [
      'clone()',
      async (request) => [await request.clone().text(), await request.text()],
      'x',
      ['x', 'x'],
    ],
    [
      'clone(), read later',
      async (request) => {
        const copy = request.clone()
        return [await request.text(), await copy.text()]
      },
      'x',
      ['x', 'x'],
    ],
    ['json() of a clone', async (request) => (await request.clone().json()) as unknown, '[1]', [1]],
    ['an empty body', (request) => request.text(), '', ''],
    [
      'bodyUsed',
      async (request) => [request.bodyUsed, await request.text(), request.bodyUsed],
      'x',
      [false, 'x', true],
    ],
  ]
  test.each(readers)('reads the body by %s', async (_, read, body, expected) => {
    const answer = await answerOf(async (request) => Response.json(await read(request)), { body })
    expect(JSON.parse(answer.body)).toEqual(expected)
  })

  test('formData(), of a form and of multipart with a file', async () => {
    const handler = async (request: Request) => {
      const form = await request.formData()
      const file = form.get('file')
      return Response.json([form.get('a'), file instanceof File ? [file.name, file.size] : null])
    }
    const form = await answerOf(handler, {
      body: 'a=1',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(JSON.parse(form.body)).toEqual(['1', null])

    const data = new FormData()
    data.set('a', '2')
    data.set('file', new File(['abc'], 'a.txt'))
    const encoded = new Response(data)
    const multipart = await answerOf(handler, {
      headers: { 'content-type': encoded.headers.get('content-type')! },
      body: new Uint8Array(await encoded.arrayBuffer()),
    })
    expect(JSON.parse(multipart.body)).toEqual(['2', ['a.txt', 3]])
  })

  test('reading a body twice throws, as it does everywhere', async () => {
    const answer = await answerOf(
      async (request) => {
        await request.text()
        return new Response(await request.text().catch((error: Error) => error.name))
      },
      { body: 'x' },
    )
    expect(answer.body).toBe('TypeError')
  })

  test('a GET has no body', async () => {
    const answer = await answerOf((request) => Response.json(request.body), { method: 'GET' })
    expect(answer.body).toBe('null')
  })

  test('a body that is not read does not hold the connection up', async () => {
    const { port } = await start(() => new Response('early'))
    const connection = await openRaw(port)
    connection.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nstart')
    expect(await connection.closed()).toMatchObject({ status: 200, closed: true })
  })

  test('a body streams at the pace of its reader, who may stop', async () => {
    let longest = 0
    const { port } = await start(async (request: Request) => {
      const reader = request.body!.getReader()
      let length = 0
      while (length < 100_000) {
        const { value } = (await reader.read()) as { value: Uint8Array }
        longest = Math.max(longest, value.length)
        length += value.length
      }
      await reader.cancel()
      return new Response('enough', { status: 413 })
    })
    const connection = await openRaw(port)
    connection.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n')
    // Far more than the sockets hold; what is not read stays here.
    for (let i = 0; i < 500; i++) connection.write('x'.repeat(100_000))
    const answer = await connection.until(/enough/)
    expect(answer.statuses).toEqual([413])
    expect(connection.socket.writableLength).toBeGreaterThan(10_000_000)
    expect(longest).toBeLessThanOrEqual(256 * 1024)
    connection.socket.destroy()
  })

  test('a stream begins to yield before the body is whole, and breaks off with it', async () => {
    const { promise: yielded, resolve } = deferred<string>()
    const { promise: broken, resolve: breakOff } = deferred<Error>()
    const { port } = await start(async (request: Request) => {
      const reader = request.body!.getReader()
      const { value } = (await reader.read()) as { value: Uint8Array }
      resolve(new TextDecoder().decode(value))
      await reader.read().catch(breakOff)
      return new Response()
    })
    const connection = await openRaw(port)
    connection.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfirst')
    expect(await yielded).toBe('first')
    connection.socket.destroy()
    expect(await broken).toBeInstanceOf(Error)
  })

  test('a stream holds what was sent', async () => {
    const body = randomBytes(1_000_000)
    const answer = await answerOf(
      async (request: Request) => {
        const hash = createHash('sha256')
        for await (const chunk of request.body!) hash.update(chunk)
        return new Response(hash.digest('hex'))
      },
      { body },
    )
    expect(answer.body).toBe(createHash('sha256').update(body).digest('hex'))
  })

  const whole: readonly [name: string, read: (request: Request) => Promise<unknown>][] = [
    ['text()', (request) => request.text()],
    ['json()', (request) => request.json()],
    ['bytes()', (request) => request.bytes()],
    ['arrayBuffer()', (request) => request.arrayBuffer()],
    ['blob()', (request) => request.blob()],
    ['formData()', (request) => request.formData()],
    [
      'text() after all of the request was asked for',
      (request) => (request.signal.throwIfAborted(), request.text()),
    ],
  ]
  test.each(whole)('%s takes no more than there is room for', async (_, read) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const failed = vi.fn()
    const { port } = await start(
      async (request: Request) => {
        await read(request).catch((error: unknown) => {
          failed((error as { code?: string }).code)
          throw error
        })
        return new Response('read')
      },
      { maxBufferedBytes: 200_000 },
    )
    const connection = await openRaw(port)
    connection.write(
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    const dripping = setInterval(() => connection.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`), 5)
    const answer = await connection.closed()
    clearInterval(dripping)
    expect(failed).toHaveBeenCalledExactlyOnceWith('ERR_OVERLOADED')
    expect(answer.statuses).toEqual([503])
    connection.socket.destroy()
    // The room is free again.
    const body = 'y'.repeat(150_000)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    if (_ !== 'json()') expect((await post(port, { headers, body })).body).toBe('read')
  })

  test('an answer may stream, at the pace of its reader', async () => {
    const chunk = 'x'.repeat(64 * 1024)
    let pulled = 0
    const answer = await answerOf(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              if (pulled++ === 40) controller.close()
              else controller.enqueue(new TextEncoder().encode(chunk))
            },
          }),
        ),
    )
    expect(answer.body.length).toBe(40 * chunk.length)
    expect(answer.header('content-length')).toBeNull()
  })

  test('a client that leaves stops the stream', async () => {
    let cancelled = false
    const { port } = await start(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
            cancel: () => void (cancelled = true),
          }),
        ),
    )
    const connection = await openRaw(port)
    connection.write(rawRequest({ method: 'GET' }))
    await connection.until(/\r\n\r\n/)
    connection.socket.resetAndDestroy()
    await vi.waitFor(() => expect(cancelled).toBe(true), 3000)
  })

  test.each([
    ['throws', () => Promise.reject(new Error('canary-7d1f'))],
    [
      'throws at once',
      () => {
        throw new Error('canary-7d1f')
      },
    ],
    ['returns no Response', () => undefined as unknown as Response],
  ] as [string, Fetch][])('500 and nothing else if it %s', async (_, handler) => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { port } = await start(handler)
    const answer = await raw(port, rawRequest({ headers: { connection: 'close' } }))
    expect(answer).toMatchObject({ status: 500, closed: true })
    expect(answer.text).not.toMatch(/canary|Error:|    at /)
    expect(error).toHaveBeenCalledTimes(1)
  })

  test('an answer whose body breaks off breaks the connection', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { port } = await start(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('begun')),
            pull: (controller) => controller.error(new Error('canary-7d1f')),
          }),
        ),
    )
    const answer = await raw(port, rawRequest({ headers: { connection: 'close' } }))
    expect(answer.closed).toBe(true)
    expect(answer.text).not.toMatch(/\r\n0\r\n|canary/)
    expect(error).toHaveBeenCalledTimes(1)
  })

  test('the host lives on after all that', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    let turn = 0
    const { port } = await start(() => {
      if (++turn === 1) throw new Error('first')
      return new Response('second')
    })
    expect((await post(port, {})).status).toBe(500)
    expect((await post(port, {})).body).toBe('second')
  })
})
