/** The ways into a handler, behind one interface, so that one suite can go through each of them. */
import type { HostContext, WebhookHandler } from 'webhook-target'

export interface Sent {
  /** @default POST */
  readonly method?: string
  /** @default / */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A list is sent in as many chunks, without a length. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

export interface Answer {
  readonly status: number
  header(name: string): string | null
  readonly body: string
}

export interface Client {
  send(sent: Sent): Promise<Answer>
  close(): Promise<void>
}

export interface Door {
  readonly name: string
  open(handler: WebhookHandler, host?: HostContext): Promise<Client>
}

export const ORIGIN = 'https://hooks.example.com'

/** `handler(request)`, as Fetch runtimes call it. */
export const fetchDoor: Door = {
  name: 'handler(request)',
  async open(handler, host) {
    return {
      send: async (sent) => toAnswer(await handler(toRequest(sent), host)),
      async close() {},
    }
  },
}

/** `handler.receive(parts)`, as a host calls it that has the request in parts. */
export const partsDoor: Door = {
  name: 'handler.receive(parts)',
  async open(handler, host) {
    return {
      async send({ method = 'POST', path = '/', headers = {}, body }) {
        const fields = new Headers(headers)
        const reply = await handler.receive(
          {
            method,
            origin: ORIGIN,
            target: path,
            headers: fields,
            // As careless as a host may be: the core must still count.
            readBody: async () => bytesOf(body),
          },
          host,
        )
        const replyHeaders = new Headers(reply.headers)
        return {
          status: reply.status,
          header: (name) => replyHeaders.get(name),
          body:
            typeof reply.body === 'string' ? reply.body : textOf(reply.body ?? new Uint8Array()),
        }
      },
      async close() {},
    }
  },
}

export function toRequest({ method = 'POST', path = '/', headers = {}, body }: Sent): Request {
  const content = Array.isArray(body) ? streamOf(body) : body
  return new Request(ORIGIN + path, {
    method,
    headers,
    ...(content !== undefined && { body: content as BodyInit, duplex: 'half' }),
  })
}

/** A request whose body comes as the stream wants. */
export function streamed(headers: Readonly<Record<string, string>>, body: ReadableStream): Request {
  const init: RequestInit & { readonly duplex: 'half' } = {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  }
  return new Request(ORIGIN, init)
}

async function toAnswer(response: Response): Promise<Answer> {
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    body: await response.text(),
  }
}

export function bytesOf(body: Sent['body']): Uint8Array {
  if (body === undefined) return new Uint8Array()
  if (typeof body === 'string') return new TextEncoder().encode(body)
  return body instanceof Uint8Array ? body : new Uint8Array(Buffer.concat(body))
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const chunk = rest.shift()
      if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
  })
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Opens a door for one exchange. */
export async function exchange(
  door: Door,
  handler: WebhookHandler,
  sent: Sent,
  host?: HostContext,
): Promise<Answer> {
  const client = await door.open(handler, host)
  try {
    return await client.send(sent)
  } finally {
    await client.close()
  }
}
