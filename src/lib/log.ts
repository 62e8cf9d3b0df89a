import type { DeliveryReport, Telemetry } from '../types.ts'

/** What a sender can put into a log line: nothing that starts a new line or drives a terminal. */
export function printable(text: string, maxLength = 200): string {
  // oxlint-disable-next-line no-control-regex -- the control characters are the subject
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\uFFFD')
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}...` : clean
}

/** One line of text for a report: `github refused 401 2ms ERR_SIGNATURE_MISMATCH: ...`. */
export function describe(report: DeliveryReport): string {
  const { provider, outcome, status, durationMs, type, id, reason, error } = report
  const words = [provider, outcome, String(status), `${durationMs.toFixed(1)}ms`]
  if (type !== undefined) words.push(printable(type, 80))
  if (id !== undefined) words.push(printable(id, 80))
  if (error) words.push(`${error.code}: ${printable(error.message, 500)}`)
  else if (reason !== undefined) words.push(printable(reason))
  return words.join(' ')
}

/** The default: problems on the console, a line each, and the stack of a handler that threw. */
export const consoleTelemetry: Telemetry = {
  problemsOnly: true,
  onDelivery(report) {
    const cause = report.error?.code === 'ERR_HANDLER_FAILED' ? report.error.cause : undefined
    if (cause === undefined) console.warn(describe(report))
    else console.error(describe(report), cause)
  },
}
