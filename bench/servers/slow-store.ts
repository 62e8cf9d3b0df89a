// P17: a store that takes 100 deliveries a second, four at a time. It is the bottleneck, not the processor, so that
// the figure does not depend on what else the machine does.
import { setTimeout as pause } from 'node:timers/promises'
import { createWebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { memory } from 'webhook-target/engines/memory'
import { github } from 'webhook-target/providers/github'

const LANES = 4
const PUT_MS = 40

const inbox = memory()
const { engine } = inbox
const put = engine.put.bind(engine)
const lanes = Array.from({ length: LANES }, () => Promise.resolve())
let next = 0
engine.put = (record, options) => {
  const lane = next++ % LANES
  const stored = lanes[lane]!.then(() => pause(PUT_MS)).then(() => put(record, options))
  lanes[lane] = stored.then(() => {})
  return stored
}

const handler = createWebhookHandler({
  // GitHub never delivers again by itself, and would be turned away last.
  provider: {
    ...github({ secret: process.env['WEBHOOK_SECRET'] }),
    acknowledge: { deadlineSeconds: 3 },
  },
  inbox,
  acknowledge: 'stored',
  on: { push: () => {} },
})

await serve(handler, { host: '127.0.0.1', work: false })
