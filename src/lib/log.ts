import type { DeliveryReport, Telemetry } from '../types.ts'

/** What a sender can put into a log line: nothing that starts a new line or drives a terminal. */
function printable(text: string, maxLength = 200): string {
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

/** The frames of a thrown error and of its causes; a message may quote the payload, so it is one line. */
function stackOf(thrown: unknown): readonly string[] {
  const lines: string[] = []
  for (let error = thrown; error instanceof Error && lines.length < 100; error = error.cause) {
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
    if (error !== thrown)
      lines.push(`Caused by ${printable(`${error.name}: ${error.message}`, 500)}`)
    lines.push(...frames.map((line) => printable(line)))
  }
  return lines
}

/** The default: problems on the console, a line each, and the stack of a handler that threw. */
export const consoleTelemetry: Telemetry = {
  problemsOnly: true,
  onDelivery(report) {
    // Overload must not flood the log: the host says once a second how many it turned away.
    if (report.error?.code === 'ERR_OVERLOADED') return
    const cause = report.error?.code === 'ERR_HANDLER_FAILED' ? report.error.cause : undefined
    // One argument: of several, the console would read % signs in the first as a format.
    if (cause === undefined) console.warn(describe(report))
    else console.error([describe(report), ...stackOf(cause)].join('\n'))
  },
}

/** A broken log must not break the acknowledgement. */
export function quietly<Value>(run: () => Value): Value | undefined {
  try {
    const value = run()
    // A hook may be async, and a rejection that nobody handles ends a Node process.
    if (value instanceof Promise) value.catch(() => undefined)
    return value
  } catch {
    return undefined
  }
}
