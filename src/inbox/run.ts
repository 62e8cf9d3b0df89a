import type { WorkingEndpoint } from '../endpoint.ts'
import { isWebhookError, messageOf, WebhookError, type ErrorCode } from '../errors.ts'
import type { Task } from '../event.ts'
import { backoffMs } from '../lib/backoff.ts'
import { Budget } from '../lib/deadline.ts'
import { drop, type Result } from '../outcomes.ts'
import { work } from '../stages/work.ts'
import type { HostContext } from '../types.ts'
import { StoredContext } from './context.ts'
import type { Attempt, InboxRecord, Run, Verdict } from './engine.ts'
import type { InboxSettings } from './options.ts'
import { toTask } from './record.ts'
import { reportWork } from './report.ts'

/** Attempts for senders that deliver again by themselves, and for those that never do. */
const ATTEMPTS = 12
const ATTEMPTS_FOR_SINGLE_DELIVERIES = 20

export interface RunContext {
  readonly endpoints: ReadonlyMap<string, WorkingEndpoint>
  readonly settings: InboxSettings
  /** What the host of the process knows. */
  readonly host: () => HostContext
  /** Told how the work on a record ended, before its verdict is written. */
  readonly onResult: (record: InboxRecord, result: Result) => void
}

/** The work on a record in an engine's hands: the same effects as at its delivery, and a verdict for the engine. */
export function createRun(context: RunContext): Run {
  const { endpoints, settings } = context

  return async (record, attempt) => {
    const endpoint = endpoints.get(record.endpoint)
    const attempts = settings.attempts ?? attemptsFor(endpoint)
    const budget = new Budget(settings.workMs)
    const again = (
      reason: string,
      afterMs = backoffMs(attempt.number, settings.backoff),
    ): Verdict =>
      attempt.number < attempts
        ? { kind: 'retry', afterMs, reason }
        : { kind: 'dead', reason: `Attempt ${attempt.number}, the last: ${reason}` }
    const end = (verdict: Verdict, result?: Result): Verdict => {
      reportWork(
        record,
        { attempt: attempt.number, verdict, ...(result && { result }) },
        {
          delivery: { host: context.host() },
          endpoint: endpoint ?? { provider: { name: record.endpoint }, telemetry: undefined },
          budget,
        },
      )
      return verdict
    }

    if (!endpoint) return end(again(NO_HANDLER(record.endpoint)))
    if (attempt.number > attempts) {
      // It was counted when it was given out: the last had no end, or what it came to could not be kept.
      return end({
        kind: 'dead',
        reason: `All ${attempts} attempts are used up; the last ended with its process, too late, or its dead letter could not be kept`,
      })
    }
    const began = await begin(record, endpoint, context)
    if ('dead' in began) return end({ kind: 'dead', reason: began.dead })
    const { task } = began
    const result = attempt.stale
      ? drop('Something of its order that happened later is done')
      : await attend(task, { record, attempt, endpoint, budget, settings })
    const verdict = end(toVerdict(result, again), result)
    context.onResult(record, result)
    return verdict
  }
}

const NO_HANDLER = (name: string) =>
  `No handler in this process has the name ${name}; do the handlers of one store share one inbox?`

const attemptsFor = (endpoint: WorkingEndpoint | undefined) =>
  endpoint?.provider.acknowledge?.retries === false ? ATTEMPTS_FOR_SINGLE_DELIVERIES : ATTEMPTS

async function begin(
  record: InboxRecord,
  endpoint: WorkingEndpoint,
  { host }: RunContext,
): Promise<{ readonly task: Task } | { readonly dead: string }> {
  try {
    const task = await toTask(record, endpoint, host())
    const { type } = task.event
    if (endpoint.findEffect(task)) return { task }
    // There was one when it was stored, so this is not what `ignored` means.
    return {
      dead: `The handler ${endpoint.name} has no effect ${task.effect ?? ''} for ${type} any more`,
    }
  } catch (error) {
    return { dead: `The record can't be read: ${messageOf(error)}` }
  }
}

interface Attendance {
  readonly record: InboxRecord
  readonly attempt: Attempt
  readonly endpoint: WorkingEndpoint
  readonly budget: Budget
  readonly settings: InboxSettings
}

/**
 * Runs the effect and commits what it did, renews the lease while that takes, and ends with it, or with the time it is
 * given.
 */
async function attend(
  task: Task,
  { record, attempt, endpoint, budget, settings }: Attendance,
): Promise<Result> {
  const { extend, signal } = attempt
  const { receivedAt } = record
  const { leaseMs } = settings
  // What can't be asked is asked again: a store that is away for a moment has given nothing to anybody.
  const renew = () =>
    void extend?.(leaseMs).then(
      (held) => held || takenAway(),
      () => undefined,
    )
  const takenAway = () => budget.cancel(new WebhookError('ERR_DEADLINE_EXCEEDED', TAKEN_AWAY))
  const renewal = extend && setInterval(renew, leaseMs / 3)
  signal?.addEventListener('abort', takenAway)
  try {
    const { number, transaction, commit } = attempt
    const context = new StoredContext(task.event, budget, {
      receivedAt,
      attempt: number,
      transaction,
    })
    const working = Promise.resolve(work(task, endpoint, budget, context))
    const result = await budget.race<Result, Result>(working, (settled) => settled)
    // However long it takes: it can't be called back, and only its end tells what has become of the work.
    return commit && endedWell(result) ? await committed(result, commit) : result
  } finally {
    clearInterval(renewal)
    signal?.removeEventListener('abort', takenAway)
    budget.end()
  }
}

const TAKEN_AWAY =
  'The work was given to another process because this one did not renew its lease; was it frozen?'

const endedWell = (result: Result) => !isWebhookError(result) && result.kind !== 'retry'

async function committed(result: Result, commit: () => Promise<void>): Promise<Result> {
  try {
    await commit()
    return result
  } catch (cause) {
    const text = `What the handler has written could not be committed: ${messageOf(cause)}`
    return new WebhookError('ERR_HANDLER_FAILED', text, { cause })
  }
}

/** What no further attempt can mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set(['ERR_BODY_MALFORMED', 'ERR_SCHEMA_MISMATCH'])

function toVerdict(result: Result, again: (reason: string, afterMs?: number) => Verdict): Verdict {
  if (isWebhookError(result)) {
    const { code, message } = result
    return FINAL.has(code) ? { kind: 'dead', reason: message } : again(message)
  }
  if (result.kind !== 'retry') return { kind: 'ack' }
  const { afterSeconds, reason = 'The handler asked for another attempt' } = result
  return again(reason, afterSeconds === undefined ? undefined : afterSeconds * 1000)
}
