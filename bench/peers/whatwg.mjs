import { createServer } from 'node:http'
import { Response } from '@whatwg-node/fetch'
import { createServerAdapter } from '@whatwg-node/server'
import { host, port, statusFor, verified } from './verified.mjs'

const adapter = createServerAdapter(async (request) => {
  if (request.method !== 'POST' || !request.url.endsWith('/github')) {
    return new Response(null, { status: 404 })
  }
  const body = Buffer.from(await request.arrayBuffer())
  const event = verified(body, request.headers.get('x-hub-signature-256'))
  return new Response(null, { status: statusFor(event) })
})
createServer(adapter).listen(port, host)
