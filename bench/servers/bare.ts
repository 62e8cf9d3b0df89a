// What every figure is held against: node:http and node:crypto, as one would write it by hand.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env['WEBHOOK_SECRET']!
const maxBytes = 1024 * 1024

const server = createServer((request, response) => {
  const answer = (status: number) => {
    response.writeHead(status)
    response.end()
  }
  if (request.method !== 'POST' || request.url !== '/github') return answer(404)
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= maxBytes) chunks.push(chunk)
    else request.destroy()
  })
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
    if (!isGenuine(body, request.headers['x-hub-signature-256'])) return answer(401)
    const event = JSON.parse(body.toString()) as { ref?: string }
    answer(event.ref === undefined ? 400 : 204)
  })
})

function isGenuine(body: Buffer, header: string | string[] | undefined): boolean {
  if (typeof header !== 'string' || !header.startsWith('sha256=')) return false
  const given = Buffer.from(header.slice('sha256='.length), 'hex')
  const expected = createHmac('sha256', secret).update(body).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}

server.listen(Number(process.env['PORT']), '127.0.0.1')
