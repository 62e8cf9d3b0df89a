import type { Result } from '../outcomes.ts'
import type { Delivery } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'
import { isWebhookError, type WebhookError } from '../errors.ts'
import type { DeliveredEvent } from '../event.ts'
import type { Budget } from '../lib/deadline.ts'
import { consoleTelemetry, quietly } from '../lib/log.ts'
import type { DeliveryReport, Telemetry } from '../types.ts'

/** An event, how its work ended, and whether that was known before. */
export interface WorkedEvent {
  readonly event: DeliveredEvent
  readonly result: Result
  readonly duplicate: boolean
}

/** What the reports of one delivery share. */
interface Circumstances {
  readonly delivery: Delivery
  readonly endpoint: Endpoint
  readonly budget: Budget
  readonly status: number
}

const PROBLEMS: ReadonlySet<DeliveryReport['outcome']> = new Set([
  'refused',
  'rejected',
  'unavailable',
  'retry',
])

/** Reports the events of a verified delivery, one report each. */
export function reportEvents(events: readonly WorkedEvent[], circumstances: Circumstances): void {
  for (const { event, result, duplicate } of events) {
    const outcome = duplicate ? 'duplicate' : result.kind
    const telemetry = listener(outcome, circumstances)
    if (!telemetry) continue
    emit(telemetry, outcome, circumstances, {
      ...quietly(() => ({ type: event.type, id: event.id })),
      secret: event.secret,
      ...(isWebhookError(result)
        ? { error: result }
        : 'reason' in result && { reason: result.reason }),
    })
  }
}

/** Reports a delivery that brought no event: a challenge, or an error on the way. */
export function reportDelivery(
  error: WebhookError | undefined,
  circumstances: Circumstances,
): void {
  const outcome = error ? error.kind : 'challenge'
  const telemetry = listener(outcome, circumstances)
  if (telemetry) emit(telemetry, outcome, circumstances, { error })
}

/** Whoever wants to hear of this outcome. */
function listener(
  outcome: DeliveryReport['outcome'],
  { delivery, endpoint }: Circumstances,
): Telemetry | undefined {
  const telemetry = endpoint.telemetry ?? delivery.host?.telemetry ?? consoleTelemetry
  const wanted = !telemetry.problemsOnly || PROBLEMS.has(outcome)
  return wanted && telemetry.onDelivery ? telemetry : undefined
}

function emit(
  telemetry: Telemetry,
  outcome: DeliveryReport['outcome'],
  { endpoint, budget, status }: Circumstances,
  details: Partial<DeliveryReport>,
): void {
  const { name: provider } = endpoint.provider
  const report = { provider, outcome, status, durationMs: budget.elapsedMs(), ...details }
  quietly(() => telemetry.onDelivery?.(report))
}
