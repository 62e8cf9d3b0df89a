import { consoleTelemetry, describe } from '../../src/lib/log.ts'
import type { DeliveryReport, Telemetry } from '../../src/types.ts'

const SEVERITY: Partial<Record<DeliveryReport['outcome'], string>> = {
  refused: 'WARNING',
  rejected: 'WARNING',
  retry: 'WARNING',
  unavailable: 'ERROR',
  dead: 'ERROR',
}

/** A reader of the log who is gone must not end the process. */
const carryOn = () => {}

/**
 * On Knative and Cloud Run (`K_SERVICE`) every delivery is a line of JSON with the fields that Cloud Logging
 * reads and the labels of the revision; elsewhere problems are lines of text.
 *
 * @see https://cloud.google.com/logging/docs/structured-logging
 */
export function hostTelemetry(env: NodeJS.ProcessEnv): Telemetry {
  const { K_SERVICE: service, K_REVISION: revision, K_CONFIGURATION: configuration } = env
  if (!service) return consoleTelemetry
  process.stdout.off('error', carryOn).on('error', carryOn)
  const labels = { service, revision, configuration }
  return {
    onDelivery(report) {
      const { provider, outcome, status, durationMs, type, id, error } = report
      const { effect, key, attempt } = report
      const code = error?.code
      const severity = SEVERITY[outcome] ?? 'INFO'
      const thrown = code === 'ERR_HANDLER_FAILED' ? error?.cause : undefined
      const line = {
        severity,
        message: describe(report),
        'logging.googleapis.com/labels': labels,
        webhook: { provider, outcome, status, durationMs, type, id, code, effect, key, attempt },
        ...(thrown instanceof Error && { stack: thrown.stack }),
      }
      process.stdout.write(`${JSON.stringify(line)}\n`)
    },
  }
}
