/**
 * The two doors to one pipeline: a Fetch `Request`, and the parts of a request for hosts that have
 * those already. Nothing here touches `Request`, `Response` or `Headers` until a Fetch caller has: the
 * first touch makes Node load its fetch implementation, half of a cold start.
 */
import { bodyTooLarge, splitUrl } from './delivery.ts'
import { WebhookError } from './errors.ts'
import { concat, EMPTY } from './lib/bytes.ts'
import type { HostedInbox, IncomingParts, ReplyParts, WebhookHandler } from './types.ts'

export function toHandler(
  receive: WebhookHandler['receive'],
  inboxes: readonly HostedInbox[],
): WebhookHandler {
  const viaFetch: (...args: Parameters<WebhookHandler>) => Promise<Response> = async (
    request,
    host,
  ) => toResponse(await receive(toParts(request), host))
  return Object.assign(viaFetch, {
    fetch(request: Request, _env?: unknown, context?: unknown) {
      const answer = viaFetch(request)
      keepAlive(context, answer)
      return answer
    },
    receive,
    inboxes,
  })
}

/**
 * Workers cancels what is under way when the sender hangs up, unless it was told to wait. Other runtimes
 * pass other things in this place.
 */
function keepAlive(context: unknown, answer: Promise<unknown>): void {
  const { waitUntil } = (context ?? {}) as { waitUntil?: unknown }
  if (typeof waitUntil === 'function') waitUntil.call(context, answer)
}

/** A request that was made of parts gives them back here, if its body is still to be had. */
export const PARTS: unique symbol = Symbol.for('webhook-target.parts')

function toParts(request: Request & { [PARTS]?(): IncomingParts | undefined }): IncomingParts {
  const parts = request[PARTS]?.()
  if (parts) return parts
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const cancel = () => void reader?.cancel().catch(() => undefined) // the sender may be gone already

  /** Counts what arrives and never trusts `content-length`. */
  async function readBody(maxBytes: number): Promise<Uint8Array> {
    if (request.bodyUsed) {
      throw new WebhookError(
        'ERR_BODY_CONSUMED',
        'Something read the body first; mount the handler ahead of body parsers',
      )
    }
    if (!request.body) return EMPTY
    reader = request.body.getReader()
    const chunks: Uint8Array[] = []
    let length = 0
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        length += value.length
        if (length > maxBytes) {
          cancel()
          throw bodyTooLarge(maxBytes)
        }
        chunks.push(value)
      }
    } catch (cause) {
      if (cause instanceof WebhookError) throw cause
      throw new WebhookError('ERR_BODY_INCOMPLETE', 'The body broke off', { cause })
    }
    return concat(chunks)
  }

  const { method, headers } = request
  return { method, ...splitUrl(request.url), headers, readBody, cancel }
}

function toResponse({ status, headers, body }: ReplyParts): Response {
  return new Response(body as BodyInit | null, { status, headers })
}
