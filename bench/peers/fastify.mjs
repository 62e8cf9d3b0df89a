import fastify from 'fastify'
import { host, port, statusFor, verified } from './verified.mjs'

const app = fastify({ logger: false })
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
)
app.post('/github', (request, reply) => {
  const event = verified(request.body, request.headers['x-hub-signature-256'])
  reply.code(statusFor(event)).send()
})
await app.listen({ port, host })
