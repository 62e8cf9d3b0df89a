/** Runs a Fetch handler on a Node request. Only here do `Request` and `Response` come into being. */
import type { ServerResponse } from 'node:http'
import type { NodeParts } from './node-parts.ts'
import { createLazyRequest } from './lazy-request.ts'
import { closeIfUnread, writeReply } from './node-parts.ts'

/** With the parameters of a webhook handler's, so that TypeScript infers those of either. */
type Fetch = (request: Request, env?: unknown, context?: unknown) => Response | Promise<Response>
export type FetchHandler = Fetch | { readonly fetch: Fetch }

export function runFetchHandler(handler: FetchHandler, parts: NodeParts): Promise<Response> {
  const request = createLazyRequest(parts)
  return Promise.resolve(typeof handler === 'function' ? handler(request) : handler.fetch(request))
}

/** A promise only if there is a body, which may be a stream. */
export function writeResponse(
  response: ServerResponse,
  { status, headers, body }: Response,
): Promise<void> | void {
  const fields = toRecord(headers)
  if (!body) return writeReply(response, { status, headers: fields, body: null })
  closeIfUnread(response)
  response.writeHead(status, fields)
  return writeStream(response, body)
}

async function writeStream(response: ServerResponse, body: ReadableStream<Uint8Array>) {
  try {
    for await (const chunk of body) {
      if (!response.write(chunk)) await drained(response)
      if (response.destroyed) return
    }
    response.end()
  } catch (error) {
    console.error('The body of the answer broke off', error)
    response.destroy() // the head is out: only a broken connection can tell the client
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
}

/** Cookies come one by one, and each is a line of its own. */
function toRecord(headers: Headers): Record<string, string | string[]> & Record<string, string> {
  const record: Record<string, string | string[]> = {}
  const cookies: string[] = []
  for (const [name, value] of headers) {
    if (name === 'set-cookie') cookies.push(value)
    else record[name] = value
  }
  if (cookies.length > 0) record['set-cookie'] = cookies
  return record as Record<string, string>
}
