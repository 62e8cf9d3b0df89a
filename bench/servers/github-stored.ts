// P14: every delivery is on the disk before it is acknowledged; another process would do the work.
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
  acknowledge: 'stored',
  on: { push: () => {} },
})

await serve(handler, { host: '127.0.0.1', work: false })
