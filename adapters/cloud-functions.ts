import type { ServerResponse } from 'node:http'
import { configurationError } from '../src/errors.ts'
import { isPromise } from '../src/lib/awaitable.ts'
import type { Awaitable, HostContext, WebhookHandler } from '../src/types.ts'
import { FAILED, FrameworkParts, MALFORMED, type FrameworkMessage } from './lib/framework-parts.ts'
import { hostTelemetry } from './lib/node-log.ts'
import { writeReply } from './lib/node-parts.ts'
import { platformTimeout } from './lib/platform.ts'
import type { ReadForwarded } from './lib/trusted-proxy.ts'

export type { FrameworkMessage } from './lib/framework-parts.ts'

/** An HTTP function of `@google-cloud/functions-framework`. Answers every request itself and never rejects. */
export type CloudFunction = (request: FrameworkMessage, response: ServerResponse) => Awaitable<void>

const REMEDY =
  'Call toCloudFunction(handler) with the req of the functions framework, ahead of body parsers of your own; in an Express app keep the bytes: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })'

/**
 * Makes a handler a Cloud Function (Cloud Run functions, 2nd gen). Deliveries are lines of JSON in Cloud
 * Logging, and the deadline budget ends before the function's timeout, `CLOUD_RUN_TIMEOUT_SECONDS`.
 *
 * The framework reads the body first, which leaves three things to know. JSON that does not parse it answers
 * 400 by itself, before the function runs. A gzip body comes inflated, so a signature over the compressed
 * bytes can't be checked here. And neither the path in front of the function's nor the public host is known
 * inside: senders that sign the URL need `publicUrl`. `context.clientAddress` is `undefined`, because the
 * peer is Google's front end.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` for a handler whose inbox pulls its work
 * @example
 * import { http } from '@google-cloud/functions-framework'
 *
 * http('webhook', toCloudFunction(handler))
 * @see https://cloud.google.com/run/docs/write-functions
 */
export function toCloudFunction(handler: WebhookHandler): CloudFunction {
  const { env } = process
  refuseToPull(handler)
  const host: HostContext = {
    telemetry: hostTelemetry(env),
    ...platformTimeout(undefined, env),
  }
  // Deployed, TLS ends at the front end, which takes nothing but https.
  const scheme = env['K_SERVICE'] ? 'https' : 'http'
  const readForwarded: ReadForwarded = (_peer, headers) => ({
    clientAddress: undefined,
    origin: `${scheme}://${headers.get('host')}`,
  })
  const options = { readForwarded, remedy: REMEDY }

  return (request, response) => {
    const fail = (error: unknown) => {
      console.error('The host failed', error)
      writeReply(response, FAILED)
    }
    try {
      keepErrorPageIn(response)
      const parts = new FrameworkParts(request, options)
      const reply = parts.wellFormed ? handler.receive(parts, host) : MALFORMED
      if (!isPromise(reply)) return writeReply(response, reply)
      return reply.then((settled) => writeReply(response, settled)).catch(fail)
    } catch (error) {
      return fail(error)
    }
  }
}

/** Between requests a function is frozen, and what is pulled would lie until somebody happens to call. */
function refuseToPull({ inboxes }: WebhookHandler): void {
  const pulling = inboxes.find(({ pulls }) => pulls)
  if (!pulling) return
  throw configurationError(
    'ERR_OPTION_INVALID',
    `${pulling.name} needs a process that runs between requests, and a function is frozen then: take an engine that calls, as pubsub() or cloudTasks()`,
  )
}

/**
 * The framework answers a stray error (a timer of an effect that throws) with its text, unless the function
 * is marked as finished; then it only logs. The answer is ours in any case, within the deadline.
 */
function keepErrorPageIn(response: ServerResponse): void {
  const { locals } = response as { readonly locals?: Record<string, unknown> }
  if (locals) locals['functionExecutionFinished'] = true
}
