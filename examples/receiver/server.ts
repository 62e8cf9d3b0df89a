/** A receiver for four senders on one port: `npm start`. */
import { mount } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { createEndpoints } from './endpoints.ts'
import { ensureSecrets } from './secrets.ts'

const { secrets, origins } = ensureSecrets(process.env)
const endpoints = createEndpoints(secrets)
console.log(origins.join('\n'))

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
