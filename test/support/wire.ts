/** Real sockets: an HTTP client that follows the rules, and one that sends whatever bytes it is given. */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { serve, type RunningServer, type ServeOptions } from 'webhook-target/adapters/node'
import { onTestFinished } from 'vitest'
import { bytesOf, type Answer, type Door, type Sent } from './doors.ts'

/** A server on a free port of this machine that is closed when the test is over. */
export async function start(
  handler: Parameters<typeof serve>[0],
  options: ServeOptions = {},
): Promise<RunningServer> {
  const server = await serve(handler, { port: 0, host: '127.0.0.1', signals: false, ...options })
  onTestFinished(() => server.close())
  return server
}

/** `serve(handler)`, spoken to over a socket. */
export const nodeDoor: Door = {
  name: 'serve(handler)',
  async open(handler, host) {
    const server = await serve(handler, {
      port: 0,
      host: '127.0.0.1',
      signals: false,
      ...(host?.platformTimeoutSeconds !== undefined && {
        platformTimeoutSeconds: host.platformTimeoutSeconds,
      }),
    })
    const agent = new Agent({ keepAlive: true })
    return {
      send: (sent) => post(server.port, sent, agent),
      async close() {
        agent.destroy()
        await server.close()
      },
    }
  },
}

/** Sends a request as an honest client would. */
export async function post(
  port: number,
  { method = 'POST', path = '/', headers = {}, body }: Sent,
  agent: Agent | false = false,
): Promise<Answer & { readonly reusedSocket: boolean }> {
  const chunked = Array.isArray(body)
  const client = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent,
    headers: {
      ...headers,
      ...(!chunked && body !== undefined && { 'content-length': bytesOf(body).length }),
    },
  })
  const answered = once(client, 'response')
  // The server may answer and hang up while the body is on its way.
  client.on('error', () => {})
  if (chunked) for (const chunk of body as readonly Uint8Array[]) client.write(chunk)
  client.end(chunked || body === undefined ? undefined : bytesOf(body))
  const [response] = (await answered) as [IncomingMessage]
  return {
    status: response.statusCode!,
    header: (name) => {
      const value = response.headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
    body: await text(response),
    reusedSocket: client.reusedSocket,
  }
}

/** What came back on a raw connection. */
export interface RawAnswer {
  /** 0 if nothing readable came. */
  readonly status: number
  /** The statuses of every answer, interim ones included. */
  readonly statuses: readonly number[]
  readonly text: string
  /** Whether the server hung up by itself. */
  readonly closed: boolean
}

export interface RawConnection {
  readonly socket: Socket
  write(bytes: string | Uint8Array): void
  /** Everything until the server hangs up, or until `withinMs` if it does not. */
  closed(withinMs?: number): Promise<RawAnswer>
  /** Everything until the text matches. */
  until(pattern: RegExp, withinMs?: number): Promise<RawAnswer>
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  let received = ''
  let ended = false
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    tell()
  })
  const end = () => {
    ended = true
    tell()
  }
  socket.on('end', end)
  socket.on('close', end)
  socket.on('error', end)
  await once(socket, 'connect')

  function wait(done: () => boolean, withinMs: number): Promise<RawAnswer> {
    return new Promise((resolve) => {
      const check = () => {
        if (done()) finish()
      }
      const finish = () => {
        clearTimeout(timer)
        listeners.delete(check)
        const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, code]) =>
          Number(code),
        )
        resolve({ status: statuses.at(-1) ?? 0, statuses, text: received, closed: ended })
      }
      const timer = setTimeout(finish, withinMs)
      listeners.add(check)
      check()
    })
  }
  return {
    socket,
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    closed: (withinMs = 4000) => wait(() => ended, withinMs),
    until: (pattern, withinMs = 4000) => wait(() => ended || pattern.test(received), withinMs),
  }
}

/** Sends bytes and waits until the server hangs up. */
export async function raw(port: number, bytes: string, withinMs?: number): Promise<RawAnswer> {
  const connection = await openRaw(port)
  connection.write(bytes)
  const answer = await connection.closed(withinMs)
  connection.socket.destroy()
  return answer
}

/** The head of a request, line by line, and its body. */
export function rawRequest(sent: Sent & { readonly lines?: readonly string[] }): string {
  const { method = 'POST', path = '/', headers = {}, body = '', lines = [] } = sent
  const fields = Object.entries({ host: 'localhost', ...headers }).map(([k, v]) => `${k}: ${v}`)
  const length = `content-length: ${bytesOf(body).length}`
  return [
    `${method} ${path} HTTP/1.1`,
    ...fields,
    length,
    ...lines,
    '',
    Buffer.from(bytesOf(body)).toString('latin1'),
  ].join('\r\n')
}
