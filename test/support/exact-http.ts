/** Requests as a sender chooses to write them, which `fetch` would tidy up, and servers to send them to. */
import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { bytesOf, type Sent } from './doors.ts'

export interface ExactRequest extends Sent {
  /** More header lines, in order; a name may come again. */
  readonly lines?: readonly (readonly [name: string, value: string])[]
  /** @default hooks.example.com */
  readonly host?: string
  /** Sends the body in chunks, without its length. */
  readonly chunked?: boolean
}

export interface ExactResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export function sendExact(port: number, sent: ExactRequest): Promise<ExactResponse> {
  const { method = 'POST', path = '/', headers = {}, lines = [], host = 'hooks.example.com' } = sent
  const body = sent.body === undefined ? undefined : bytesOf(sent.body)
  const framing = sent.chunked ? ['transfer-encoding', 'chunked'] : ['content-length', body?.length]
  const fields = [
    ['host', host],
    ...Object.entries(headers),
    ...lines,
    ...(body === undefined ? [] : [framing]),
  ]
  return new Promise((resolve, reject) => {
    const outgoing = request({
      port,
      method,
      path,
      headers: fields.flat().map(String),
      agent: false,
    })
    outgoing.on('response', (response) => {
      text(response).then(
        (answer) =>
          resolve({ status: response.statusCode!, headers: response.headers, body: answer }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
