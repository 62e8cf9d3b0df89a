/**
 * A receiver for four senders on one port, with an inbox in a file: `npm start`. To see what the inbox is for, give it
 * something to lose: RECEIVER_WORK_SECONDS=10 RECEIVER_ACKNOWLEDGE=stored.
 */
import { join } from 'node:path'
import { mount } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { sqlite } from 'webhook-target/engines/sqlite'
import { createEndpoints } from './endpoints.ts'
import { ensureSecrets } from './secrets.ts'

const { secrets, origins } = ensureSecrets(process.env)
const { WEBHOOK_INBOX_FILE, RECEIVER_ACKNOWLEDGE, RECEIVER_WORK_SECONDS } = process.env
const file = WEBHOOK_INBOX_FILE || join(import.meta.dirname, 'inbox.db')
const endpoints = createEndpoints(secrets, {
  // A demonstration has to run anywhere. Without the option, a disk that does not last is refused.
  inbox: sqlite(file, { leaseSeconds: 3, unsafeVolatileDisk: true }),
  acknowledge: RECEIVER_ACKNOWLEDGE === 'stored' ? 'stored' : 'auto',
  workMs: Number(RECEIVER_WORK_SECONDS ?? 0) * 1000,
})
console.log(`${origins.join('\n')}\nThe inbox is ${file}`)

try {
  const { port, url } = await serve(mount(endpoints))
  const at = port === 8080 ? '' : ` --url ${url}`
  console.log(`ready ${url}  ${Object.keys(endpoints).join('  ')}

In another terminal:
  npm run send -- github push${at}
  npm run send -- slack /deploy${at}
  npm run send -- stripe payment_intent.succeeded${at}
  npm run send -- token challenge${at}
  npm run send -- github push --duplicate 1${at}       the same delivery twice
  npm run send -- github push --secret another${at}    a forged one
`)
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
  console.error(`The port is taken; choose another one: PORT=8081 npm start`)
  process.exitCode = 1
}
