/** A receiver in a process of its own, to be killed, frozen and started again. */
import { createWebhookHandler, defineProvider, header } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { hmac } from 'webhook-target/schemes/hmac'
import { SECRET } from '../support/senders.ts'
import { openInbox } from './receiver-inbox.ts'
import type { Order, ReceiverConfig } from './receiver-config.ts'
import { openSink } from './sink.ts'
import { pause } from './waiting.ts'
import { CrashPoints } from './wrapped-engine.ts'

const config = JSON.parse(process.argv[2]!) as ReceiverConfig
const write = openSink(config.sink)
const crashPoints = new CrashPoints(config.crash)
const { secrets = [SECRET] } = config
if (config.sweepMs !== undefined) hurrySweeps(config.sweepMs)

const handler = createWebhookHandler({
  // As GitHub names deliveries, but it delivers again what was not acknowledged, and waits 3 s only.
  provider: defineProvider({
    name: 'faults',
    verify: hmac({ secret: secrets, header: 'x-hub-signature-256', prefix: 'sha256=' }),
    event: { type: header('x-github-event'), id: header('x-github-delivery') },
    acknowledge: { deadlineSeconds: 3 },
  }),
  inbox: await openInbox(config, crashPoints),
  acknowledge: config.acknowledge ?? 'auto',
  ...(config.maxBodyBytes && { limits: { maxBodyBytes: config.maxBodyBytes } }),
  on: {
    async '*'({ id = '', data }, { attempt, signal }) {
      const order = data as Order
      write(id, attempt, 'start')
      crashPoints.pass('in-effect')
      if (order.ms) await pause(order.ms)
      await obey(order, attempt, signal)
      write(id, attempt, 'done')
    },
  },
})

async function obey({ do: what }: Order, attempt: number, signal: AbortSignal): Promise<void> {
  switch (what) {
    case 'fail':
      throw new Error('It always fails')
    case 'fail-once':
      if (attempt === 1) throw new Error('It fails at first')
      return
    case 'exit':
      return process.exit(7)
    case 'stuck':
      return new Promise(() => {})
    case 'reject-after-abort':
      return rejectAfterAbort(signal)
    case 'block':
      for (const end = performance.now() + 2000; performance.now() < end;);
      return
    case 'work':
    case undefined:
      return
  }
}

/** No test waits for a minute. */
function hurrySweeps(sweepMs: number): void {
  const { setTimeout: original } = globalThis
  const hurried = (run: () => void, ms?: number, ...values: []) =>
    original(run, ms === 60_000 ? sweepMs : ms, ...values)
  globalThis.setTimeout = Object.assign(hurried, original)
}

/** Long after anybody waits for it, and beside it a promise that nobody ever waited for. */
function rejectAfterAbort(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      setTimeout(() => reject(new Error('It was given up, and fails all the same')), 50)
    })
  })
}

const { port } = await serve(handler, {
  port: config.port ?? 0,
  host: '127.0.0.1',
  drainSeconds: config.drainSeconds ?? 8,
  work: config.work ?? true,
  ...(config.concurrency && { concurrency: config.concurrency }),
})
console.log(`ready ${port}`)
