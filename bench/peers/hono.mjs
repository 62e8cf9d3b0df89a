import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { host, port, statusFor, verified } from './verified.mjs'

const app = new Hono()
app.post('/github', async (context) => {
  const body = Buffer.from(await context.req.arrayBuffer())
  return context.body(null, statusFor(verified(body, context.req.header('x-hub-signature-256'))))
})
serve({ fetch: app.fetch, port, hostname: host })
