/** One delivery over HTTP, with the patience of a sender. */
import { Agent, request } from 'node:http'
import { bytesOf, type Sent } from '../support/doors.ts'

export interface Answered {
  /** 0 if there was no answer. */
  readonly status: number
  readonly retryAfter: string | undefined
  /** What was wrong with the connection, if there was no answer. */
  readonly error: string | undefined
  readonly ms: number
}

/** The deadline of the provider that receivers are told of. */
export const PATIENCE_MS = 3000
/** Where the answer counts and not its time, which is not the receiver's alone on a machine that is busy. */
export const LONG_PATIENCE_MS = 15_000

export const createAgent = (): Agent => new Agent({ keepAlive: true, maxFreeSockets: 64 })

/** Never rejects. */
export function send(
  port: number,
  { headers = {}, body }: Sent,
  agent: Agent | false = false,
  patienceMs = LONG_PATIENCE_MS,
): Promise<Answered> {
  const began = performance.now()
  return new Promise((resolve) => {
    const bytes = bytesOf(body)
    const client = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': bytes.length },
    })
    const settle = (status: number, error?: string, retryAfter?: string) => {
      clearTimeout(timer)
      resolve({ status, error, retryAfter, ms: performance.now() - began })
    }
    const timer = setTimeout(() => {
      settle(0, 'unanswered')
      client.destroy()
    }, patienceMs)
    client.on('error', ({ code, message }: NodeJS.ErrnoException) => settle(0, code ?? message))
    client.on('response', (response) => {
      response.on('error', () => settle(0, 'cut short'))
      response.on('end', () =>
        settle(response.statusCode!, undefined, response.headers['retry-after']),
      )
      response.resume()
    })
    client.end(bytes)
  })
}
