import type { Endpoint } from '../endpoint.ts'
import { isWebhookError, WebhookError } from '../errors.ts'
import { done, type Reply, type Result } from '../outcomes.ts'
import type { AcknowledgementContract, ReplyParts } from '../types.ts'

/** Seconds a sender is asked to wait when nobody knows better. */
const DEFAULT_RETRY_AFTER_SECONDS = 30
/** A year, which no sender waits; larger numbers would at some point be written with an exponent. */
const MAX_RETRY_AFTER_SECONDS = 31_536_000
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

/**
 * The one answer to a delivery. The worst result of a batch decides, for the sender knows only the whole:
 * what is done is remembered, and a second delivery works on the rest.
 */
export function acknowledge(
  events: readonly { readonly result: Result }[],
  endpoint: Endpoint,
): ReplyParts {
  const contract = endpoint.provider.acknowledge ?? {}
  let worst: Result = done
  for (const { result } of events) if (severity(result) >= severity(worst)) worst = result
  if (isWebhookError(worst)) return acknowledgeError(worst, endpoint)
  if (worst.kind === 'retry') return again(contract, worst.afterSeconds)
  if (worst.kind === 'replied' && events.length === 1) return withContent(worst, contract)
  return success(contract)
}

/** Says no more than a status: what went wrong is for the log. */
export function acknowledgeError(error: WebhookError, endpoint: Endpoint): ReplyParts {
  const contract = endpoint.provider.acknowledge ?? {}
  switch (error.kind) {
    case 'unavailable':
      return again(contract, error.retryAfterSeconds, error.status)
    case 'refused':
      return { status: contract.refusedStatus ?? error.status, headers: NO_HEADERS, body: null }
    case 'rejected':
      return {
        status: error.status,
        headers:
          error.code === 'ERR_METHOD_NOT_ALLOWED'
            ? { allow: endpoint.methods.join(', ') }
            : NO_HEADERS,
        body: null,
      }
  }
}

function severity(result: Result): number {
  if (isWebhookError(result)) return result.kind === 'unavailable' ? 3 : 1
  return result.kind === 'retry' ? 2 : 0
}

function success({ success: given }: AcknowledgementContract): ReplyParts {
  return {
    status: given?.status ?? 200,
    headers: given?.headers ?? NO_HEADERS,
    body: given?.body ?? null,
  }
}

function again(
  { retryStatus }: AcknowledgementContract,
  afterSeconds = DEFAULT_RETRY_AFTER_SECONDS,
  status = 503,
): ReplyParts {
  const seconds = Math.min(Math.ceil(afterSeconds), MAX_RETRY_AFTER_SECONDS)
  const headers = { 'retry-after': String(seconds) }
  return { status: retryStatus ?? status, headers, body: null }
}

function withContent(reply: Reply, contract: AcknowledgementContract): ReplyParts {
  const { body, status = 200 } = reply
  // Statuses without content: the platform's Response throws if it is given some.
  if (status === 204 || status === 205) return { status, headers: NO_HEADERS, body: null }
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const type = raw ? (contract.replyType ?? 'text/plain; charset=utf-8') : 'application/json'
  return {
    status,
    headers: { 'content-type': reply.contentType ?? type },
    body: raw ? body : serialize(body),
  }
}

function serialize(body: unknown): string {
  try {
    return JSON.stringify(body ?? null)
  } catch (cause) {
    throw new WebhookError('ERR_HANDLER_FAILED', 'The body given to reply() is not JSON', { cause })
  }
}
