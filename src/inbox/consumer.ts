import { createWebhookHandler } from '../handler.ts'
import { configurationError } from '../errors.ts'
import { drop, retry } from '../outcomes.ts'
import type { WebhookHandler } from '../types.ts'
import type { Engine, Run, Verdict } from './engine.ts'

/** What a queue adds around a body: base64, attributes, an envelope. */
const maxCallBytes = (maxBytes: number) => Math.ceil(maxBytes * 1.5) + 64 * 1024

/**
 * The endpoint that a queue calls: the queue is a sender of webhooks like any other, verified and answered by the
 * same stages. The work happens within the call, and its status is the verdict.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` if the engine is not called
 */
export function createConsumer(
  engine: Engine,
  run: Run,
  open: () => Promise<void>,
): WebhookHandler {
  const { push } = engine
  if (!push) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `${engine.name} calls nobody; its work is done by the process that serves the handler`,
    )
  }
  return createWebhookHandler({
    provider: push.provider,
    dedupe: false,
    limits: { maxBodyBytes: maxCallBytes(engine.capabilities.maxBytes) },
    on: {
      async '*'({ data }, { headers }) {
        await open()
        const { record, attempt } = push.decode(data, headers)
        const verdict = await run(record, attempt)
        if (verdict.kind === 'dead') await engine.bury?.(record, verdict.reason)
        return toOutcome(verdict)
      },
    },
  })
}

function toOutcome(verdict: Verdict) {
  switch (verdict.kind) {
    case 'ack':
      return undefined
    case 'retry':
      return retry({ afterSeconds: verdict.afterMs / 1000, reason: verdict.reason })
    case 'dead':
      return drop(verdict.reason)
  }
}
