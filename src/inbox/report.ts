import type { Result } from '../outcomes.ts'
import { isWebhookError } from '../errors.ts'
import { quietly } from '../lib/log.ts'
import { emit, listener, type Circumstances } from '../stages/report.ts'
import type { InboxRecord, Verdict } from './engine.ts'
import { readHead } from './record.ts'

interface Work {
  readonly attempt: number
  readonly verdict: Verdict
  /** What the effect came to, if it ran. */
  readonly result?: Result
}

/** Reports an attempt at the work on a record, which answers nobody; or that there was none, and why. */
export function reportWork(
  record: InboxRecord,
  { attempt, verdict, result }: Work,
  circumstances: Omit<Circumstances, 'status'>,
): void {
  const outcome = verdict.kind === 'dead' || !result ? outcomeOf(verdict) : result.kind
  const telemetry = listener(outcome, circumstances)
  if (!telemetry) return
  const { type, id, secret, effect } = quietly(() => readHead(record)) ?? {}
  emit(
    telemetry,
    outcome,
    { ...circumstances, status: 0 },
    {
      type,
      id,
      secret,
      effect,
      key: record.key,
      attempt,
      ...(result && 'reason' in result && { reason: result.reason }),
      ...('reason' in verdict && { reason: verdict.reason }),
      ...(isWebhookError(result) && { error: result }),
    },
  )
}

const outcomeOf = ({ kind }: Verdict) => (kind === 'ack' ? 'done' : kind)
