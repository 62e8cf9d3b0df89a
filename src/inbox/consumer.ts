import { createWebhookHandler } from '../handler.ts'
import { configurationError, messageOf } from '../errors.ts'
import { drop, retry } from '../outcomes.ts'
import type { WebhookHandler } from '../types.ts'
import type { Attempt, Engine, InboxRecord, Run, Verdict } from './engine.ts'

/** What a queue adds around a body: base64, attributes, an envelope. */
const maxCallBytes = (maxBytes: number) => Math.ceil(maxBytes * 1.5) + 64 * 1024
/** What keeping a dead letter may take, and the wish for when it is tried again; queues have their own ideas. */
const BURY_MS = 60_000

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
      async '*'({ data }, { headers, signal }) {
        await open()
        const { record, attempt } = push.decode(data, headers)
        // Once the call has its answer, the queue may have given the work to another.
        return toOutcome(await run(record, { ...attempt, signal }))
      },
    },
  })
}

/**
 * Keeps what is given up, where the queue itself does not. What can't be kept is tried again: to say that it is
 * done, to the queue or to a store of keys, would lose it. Only the keeping is tried again, if the store of keys
 * remembers that.
 */
export function withBurial(run: Run, engine: Engine): Run {
  return async (record, attempt) => {
    const verdict = await verdictOf(run, record, attempt)
    if (verdict.kind !== 'dead' || !engine.bury) return verdict
    const { reason } = verdict
    if (await isTakenAway(attempt)) return buryAgain(`${reason}; but another worker has it now`)
    try {
      await engine.bury(record, reason)
      return verdict
    } catch (error) {
      const again = `${reason}; and it could not be kept: ${messageOf(error)}`
      return { ...buryAgain(again), givenUp: reason }
    }
  }
}

async function verdictOf(run: Run, record: InboxRecord, attempt: Attempt): Promise<Verdict> {
  const { givenUp } = attempt
  return givenUp === undefined ? await run(record, attempt) : { kind: 'dead', reason: givenUp }
}

/** Asked just before, and for as long as keeping may take. */
async function isTakenAway({ extend }: Attempt): Promise<boolean> {
  try {
    return (await extend?.(BURY_MS)) === false
  } catch {
    // Two letters are better than none.
    return false
  }
}

const buryAgain = (reason: string) => ({ kind: 'retry', afterMs: BURY_MS, reason }) as const

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
