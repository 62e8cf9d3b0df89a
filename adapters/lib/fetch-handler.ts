/** Runs a Fetch handler on a Node request. Only here do `Request` and `Response` come into being. */
import type { ServerResponse } from 'node:http'
import type { NodeParts } from './node-parts.ts'
import { createLazyRequest } from './lazy-request.ts'
import { writeReply } from './node-parts.ts'

/** With the parameters of a webhook handler's, so that TypeScript infers those of either. */
type Fetch = (request: Request, env?: unknown, context?: unknown) => Response | Promise<Response>
export type FetchHandler = Fetch | { readonly fetch: Fetch }

/** Answers 500 with an empty body if the handler throws: its error is for the log. */
export async function runFetchHandler(handler: FetchHandler, parts: NodeParts): Promise<Response> {
  try {
    const request = createLazyRequest(parts)
    return await (typeof handler === 'function' ? handler(request) : handler.fetch(request))
  } catch (error) {
    console.error('The Fetch handler threw', error)
    return new Response(null, { status: 500 })
  }
}

export async function writeResponse(response: ServerResponse, answer: Response): Promise<void> {
  const { status, headers, body } = answer
  if (!body) return writeReply(response, { status, headers: toRecord(headers), body: null })
  if (!response.req.complete) response.shouldKeepAlive = false
  response.writeHead(status, toRecord(headers))
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

function toRecord(headers: Headers): Record<string, string | string[]> & Record<string, string> {
  const record: Record<string, string | string[]> = {}
  for (const [name, value] of headers) record[name] = value
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) record['set-cookie'] = cookies
  return record as Record<string, string>
}
