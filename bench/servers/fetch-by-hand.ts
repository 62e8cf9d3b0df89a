// P4: a Fetch handler of the user's own on the Node host, which verifies as the bare server does.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { serve } from 'webhook-target/adapters/node'

const secret = process.env['WEBHOOK_SECRET']!

async function handle(request: Request): Promise<Response> {
  if (request.method !== 'POST' || !request.url.endsWith('/github')) return answer(404)
  const body = Buffer.from(await request.arrayBuffer())
  if (!isGenuine(body, request.headers.get('x-hub-signature-256'))) return answer(401)
  const event = JSON.parse(body.toString()) as { ref?: string }
  return answer(event.ref === undefined ? 400 : 204)
}

const answer = (status: number) => new Response(null, { status })

function isGenuine(body: Buffer, header: string | null): boolean {
  if (!header?.startsWith('sha256=')) return false
  const given = Buffer.from(header.slice('sha256='.length), 'hex')
  const expected = createHmac('sha256', secret).update(body).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}

await serve(handle, { host: '127.0.0.1' })
