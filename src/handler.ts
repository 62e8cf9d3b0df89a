import { Delivery } from './delivery.ts'
import { toHandler } from './doors.ts'
import { createEndpoint, type Endpoint, type WebhookHandlerOptions } from './endpoint.ts'
import type { DeliveredEvent } from './event.ts'
import { isWebhookError, messageOf, WebhookError } from './errors.ts'
import { all, isPromise } from './lib/awaitable.ts'
import { Budget } from './lib/deadline.ts'
import { acknowledge, acknowledgeError } from './stages/acknowledge.ts'
import { answerSigned, answerUnsigned } from './stages/challenge.ts'
import { identify } from './stages/identify.ts'
import { checkHead, checkLength } from './stages/limits.ts'
import { parse } from './stages/parse.ts'
import { reportDelivery, reportEvents, type WorkedEvent } from './stages/report.ts'
import { verify } from './stages/verify.ts'
import { work } from './stages/work.ts'
import type { Awaitable, EventMap, ReplyParts, WebhookHandler } from './types.ts'

/**
 * Makes an endpoint that receives the webhooks of one provider: answers its challenges, verifies over the
 * exact bytes, deduplicates, runs your effects under the deadline, and acknowledges as that provider
 * understands it.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`, or with the code of a scheme for a missing or empty secret
 * @example
 * export const handler = createWebhookHandler({
 *   provider: github({ secret: process.env.GITHUB_WEBHOOK_SECRET }),
 *   on: { push: (event) => deploy(event.data.after) },
 * })
 */
export function createWebhookHandler<Events extends EventMap>(
  options: WebhookHandlerOptions<Events>,
): WebhookHandler {
  const endpoint = createEndpoint(options)

  return toHandler(async (parts, host) => {
    const { publicUrl } = endpoint
    const delivery = new Delivery(parts, host, { receivedAt: endpoint.clock(), publicUrl })
    const budget = new Budget(endpoint.budgetMs(host), parts.arrivedAt)
    try {
      const { reply, events } = await receive(delivery, endpoint, budget)
      const circumstances = { delivery, endpoint, budget, status: reply.status }
      if (events) reportEvents(events, circumstances)
      else reportDelivery(undefined, circumstances)
      return reply
    } catch (cause) {
      const error = toWebhookError(cause)
      const reply = acknowledgeError(error, endpoint)
      reportDelivery(error, { delivery, endpoint, budget, status: reply.status })
      return reply
    }
  })
}

interface Received {
  readonly reply: ReplyParts
  /** Absent for a challenge. */
  readonly events?: readonly WorkedEvent[]
}

/**
 * The way of a delivery: each stage takes what the one before it made, and throws what it refuses. What
 * is there at once is not awaited, see `isPromise`.
 */
async function receive(delivery: Delivery, endpoint: Endpoint, budget: Budget): Promise<Received> {
  checkHead(delivery, endpoint)
  const unsigned = answerUnsigned(delivery, endpoint)
  const answer = isPromise(unsigned) ? await unsigned : unsigned
  if (answer) return { reply: answer }

  const opened = endpoint.provider.verify.open(delivery)
  const check = isPromise(opened) ? await opened : opened
  const { maxBodyBytes } = endpoint
  delivery.body = checkLength(await delivery.readBody(maxBodyBytes), maxBodyBytes)
  const verifying = verify(delivery, check)
  const verified = isPromise(verifying) ? await verifying : verifying
  const signed = answerSigned(verified, endpoint)
  const signedAnswer = isPromise(signed) ? await signed : signed
  if (signedAnswer) return { reply: signedAnswer }

  const parsing = parse(verified, endpoint.provider)
  const events = isPromise(parsing) ? await parsing : parsing
  const working = all(events.map((event) => admitAndWork(event, endpoint, budget)))
  const worked = isPromise(working) ? await working : working
  budget.end()
  return { reply: acknowledge(worked, endpoint), events: worked }
}

function admitAndWork(
  event: DeliveredEvent,
  endpoint: Endpoint,
  budget: Budget,
): Awaitable<WorkedEvent> {
  const identified = identify(event)
  return isPromise(identified)
    ? identified.then(() => admit(event, endpoint, budget))
    : admit(event, endpoint, budget)
}

/** Finds a duplicate or enters a new event, in one turn: no duplicate comes between. */
function admit(event: DeliveredEvent, endpoint: Endpoint, budget: Budget): Awaitable<WorkedEvent> {
  const { admission } = endpoint
  const before = admission?.find(event.key)
  const result = before ?? work(event, endpoint, budget)
  const duplicate = before !== undefined
  if (!duplicate) admission?.enter(event.key, result)
  return isPromise(result)
    ? budget.race(result, (settled) => ({ event, result: settled, duplicate }))
    : { event, result, duplicate }
}

function toWebhookError(cause: unknown): WebhookError {
  if (isWebhookError(cause)) return cause
  return new WebhookError('ERR_INTERNAL', `Unexpected: ${messageOf(cause)}`, { cause })
}
