/** Sends what no `fetch` would: repeated fields, bodies without a length, methods without meaning. */
import { once } from 'node:events'
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Message {
  /** @default POST */
  readonly method?: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
  /** Sends the body in chunks, without a `content-length`. */
  readonly chunked?: boolean
  /** Leaves a chunked body without its end until the answer is there. */
  readonly unfinished?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Delivers a message on a connection of its own. */
export async function deliver(base: string, message: Message): Promise<Answer> {
  const { method = 'POST', path, headers, body = '', chunked = false, unfinished = false } = message
  const bytes = Buffer.from(body)
  const length =
    method === 'POST' && !chunked && !unfinished ? { 'content-length': bytes.length } : {}
  const outgoing = request(base + path, {
    method,
    headers: { ...headers, ...length },
    agent: false,
    signal: AbortSignal.timeout(20_000),
  })
  // A host may answer and hang up before it has read everything: the answer is what counts.
  let broken: unknown
  outgoing.on('error', (error) => (broken = error))
  const answered = once(outgoing, 'response').catch((error: unknown) => {
    throw new Error(`No answer to ${method} ${path}`, { cause: broken ?? error })
  })
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += CHUNK) {
    outgoing.write(bytes.subarray(at, at + CHUNK))
  }
  if (!unfinished) outgoing.end()
  const [incoming] = (await answered) as [IncomingMessage]
  const answer = await buffer(incoming)
  outgoing.destroy()
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: answer.toString() }
}

const CHUNK = 16 * 1024

/** Sends a message whole and hangs up without waiting for the answer. */
export async function hangUp(base: string, message: Message, afterMs: number): Promise<void> {
  const outgoing = request(base + message.path, {
    method: 'POST',
    ...(message.headers && { headers: message.headers }),
    agent: false,
  })
  outgoing.on('error', () => {})
  outgoing.end(message.body)
  await once(outgoing, 'finish')
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  outgoing.destroy()
}
