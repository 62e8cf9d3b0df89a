import { createServer } from 'node:http'
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks'
import { host, port } from './verified.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const webhooks = new Webhooks({ secret: process.env.WEBHOOK_SECRET, log })
webhooks.on('push', ({ payload }) => {
  if (payload.ref === undefined) throw new Error('The push has no ref')
})
createServer(createNodeMiddleware(webhooks, { path: '/github', log })).listen(port, host)
