import type { DeliveryReport, Telemetry } from 'webhook-target'

/** Telemetry that keeps what it is told. */
export function recorder(): { readonly telemetry: Telemetry; readonly reports: DeliveryReport[] } {
  const reports: DeliveryReport[] = []
  return { telemetry: { onDelivery: (report) => void reports.push(report) }, reports }
}

export const silent: Telemetry = { onDelivery() {} }
