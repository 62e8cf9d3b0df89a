/** A line for each delivery: what was verified, what became of it, the answer, and why if it was refused. */
import type { DeliveryReport, Telemetry, WebhookEvent } from 'webhook-target'

/** What a handler has to say about an event; the delivery's own line follows once the answer is known. */
export function say(event: WebhookEvent, text: string): void {
  print([event.provider, event.type, `handler: ${text}`])
}

export function deliveryLog(scheme: string, secretName: string): Telemetry {
  return {
    onDelivery(report) {
      const { provider, type, id, outcome, reason, status, durationMs, error, attempt } = report
      // Work that was done at the first attempt has its line already, with the answer.
      if (attempt === 1 && outcome === 'done') return
      print([
        provider,
        type,
        id,
        attempt ? `from the inbox, attempt ${attempt}` : verdict(report, scheme, secretName),
        reason ? `${outcome} (${reason})` : outcome,
        attempt ? undefined : String(status),
        `${durationMs.toFixed(1)} ms`,
        error && `${error.code}: ${error.message}`,
      ])
    },
  }
}

function verdict({ outcome, secret }: DeliveryReport, scheme: string, secretName: string) {
  if (outcome === 'challenge') return undefined
  return secret === undefined ? 'not verified' : `verified ${scheme} with ${secretName}`
}

/** Senders choose types and ids: nothing of them may start a new line or drive the terminal. */
function print(columns: readonly (string | undefined)[]): void {
  const line = columns.filter((column) => column !== undefined).join('  ')
  console.log(line.replaceAll(/\p{Cc}/gu, '?'))
}
