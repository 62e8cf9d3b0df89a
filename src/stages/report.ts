import type { Delivery } from '../delivery.ts'
import type { WorkedTask, WorkingEndpoint } from '../endpoint.ts'
import { isWebhookError, type WebhookError } from '../errors.ts'
import type { Budget } from '../lib/deadline.ts'
import { consoleTelemetry, quietly } from '../lib/log.ts'
import type { DeliveryReport, Telemetry } from '../types.ts'

/** What the reports of one delivery share. */
export interface Circumstances {
  readonly delivery: Pick<Delivery, 'host'>
  readonly endpoint: Pick<WorkingEndpoint, 'telemetry'> & {
    readonly provider: { readonly name: string }
  }
  readonly budget: Budget
  readonly status: number
}

const PROBLEMS: ReadonlySet<DeliveryReport['outcome']> = new Set([
  'refused',
  'rejected',
  'unavailable',
  'retry',
  'dead',
])

/** Reports the tasks of a verified delivery, one report each. */
export function reportTasks(tasks: readonly WorkedTask[], circumstances: Circumstances): void {
  for (const { task, result, duplicate } of tasks) {
    const { event, effect } = task
    const outcome = duplicate ? 'duplicate' : result.kind
    const telemetry = listener(outcome, circumstances)
    if (!telemetry) continue
    emit(telemetry, outcome, circumstances, {
      ...quietly(() => ({ type: event.type, id: event.id })),
      secret: event.secret,
      effect,
      ...(isWebhookError(result)
        ? { error: result }
        : 'reason' in result && { reason: result.reason }),
    })
  }
}

/** Reports a delivery that brought no event: a challenge, an empty batch, or an error on the way. */
export function reportDelivery(
  what: WebhookError | 'challenge' | 'ignored',
  circumstances: Circumstances,
): void {
  const [outcome, error] = typeof what === 'string' ? [what] : [what.kind, what]
  const telemetry = listener(outcome, circumstances)
  if (telemetry) emit(telemetry, outcome, circumstances, { error })
}

/** Whoever wants to hear of this outcome. */
export function listener(
  outcome: DeliveryReport['outcome'],
  { delivery, endpoint }: Pick<Circumstances, 'delivery' | 'endpoint'>,
): Telemetry | undefined {
  const telemetry = endpoint.telemetry ?? delivery.host?.telemetry ?? consoleTelemetry
  const wanted = !telemetry.problemsOnly || PROBLEMS.has(outcome)
  return wanted && telemetry.onDelivery ? telemetry : undefined
}

/** A listener that throws harms nobody. */
export function emit(
  telemetry: Telemetry,
  outcome: DeliveryReport['outcome'],
  { endpoint, budget, status }: Circumstances,
  details: Partial<DeliveryReport>,
): void {
  const { name: provider } = endpoint.provider
  const report = { provider, outcome, status, durationMs: budget.elapsedMs(), ...details }
  quietly(() => telemetry.onDelivery?.(report))
}
