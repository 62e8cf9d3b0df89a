import type { Delivery } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'
import { isWebhookError, type WebhookError } from '../errors.ts'
import type { DeliveredEvent } from '../event.ts'
import { consoleTelemetry } from '../lib/log.ts'
import type { DeliveryReport, Telemetry } from '../types.ts'
import type { Result } from './work.ts'

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
  readonly status: number
  readonly startedAt: number
}

/** Reports the events of a verified delivery, one report each. */
export function reportEvents(events: readonly WorkedEvent[], circumstances: Circumstances): void {
  for (const { event, result, duplicate } of events) {
    const failed = isWebhookError(result)
    const outcome = failed ? result.kind : result.kind
    emit(circumstances, {
      outcome: duplicate ? 'duplicate' : outcome,
      ...quietly(() => ({ type: event.type, id: event.id })),
      secret: event.secret,
      error: failed ? result : undefined,
      reason: !failed && 'reason' in result ? result.reason : undefined,
    })
  }
}

/** Reports a delivery that brought no event: a challenge, or an error on the way. */
export function reportDelivery(
  error: WebhookError | undefined,
  circumstances: Circumstances,
): void {
  emit(circumstances, { outcome: error ? error.kind : 'challenge', error })
}

function emit(
  circumstances: Circumstances,
  report: Pick<DeliveryReport, 'outcome'> & Partial<DeliveryReport>,
): void {
  const { delivery, endpoint, status, startedAt } = circumstances
  const telemetry: Telemetry = endpoint.telemetry ?? delivery.host?.telemetry ?? consoleTelemetry
  const durationMs = performance.now() - startedAt
  // A broken log must not break the acknowledgement.
  quietly(() =>
    telemetry.onDelivery?.({ provider: endpoint.provider.name, status, durationMs, ...report }),
  )
}

function quietly<Value>(run: () => Value): Value | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
