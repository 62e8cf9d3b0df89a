// P14: the same with the work done by this process, as by default.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { sqlite } from 'webhook-target/engines/sqlite'
import { github } from 'webhook-target/providers/github'

const folder = mkdtempSync(join(import.meta.dirname, 'stored-'))
const handler = createWebhookHandler({
  provider: github({ secret: process.env['WEBHOOK_SECRET'] }),
  inbox: sqlite(join(folder, 'inbox.db')),
  on: { push: () => {} },
})

await serve(handler, { host: '127.0.0.1' })
