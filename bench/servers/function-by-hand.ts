// What P5 is held against: a Cloud Function as one would write it by hand.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'

const secret = process.env['WEBHOOK_SECRET']!

http('hook', (request, response) => {
  if (request.method !== 'POST' || request.path !== '/github') return response.status(404).end()
  if (!isGenuine(request.rawBody, request.get('x-hub-signature-256'))) {
    return response.status(401).end()
  }
  const event = request.body as { ref?: string }
  return response.status(event.ref === undefined ? 400 : 200).end()
})

function isGenuine(body: Buffer | undefined, header: string | undefined): boolean {
  if (!body || !header?.startsWith('sha256=')) return false
  const given = Buffer.from(header.slice('sha256='.length), 'hex')
  const expected = createHmac('sha256', secret).update(body).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}

getTestServer('hook').listen(Number(process.env['PORT']), '127.0.0.1')
