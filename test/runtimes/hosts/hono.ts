import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createApp } from '../app.ts'

const handler = createApp(process.env)
const app = new Hono().all('*', (c) => handler(c.req.raw))

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT']) })
