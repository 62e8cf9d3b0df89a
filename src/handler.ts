import { Delivery } from './delivery.ts'
import { toHandler } from './doors.ts'
import { createEndpoint, type Endpoint, type WebhookHandlerOptions } from './endpoint.ts'
import type { DeliveredEvent } from './event.ts'
import { isWebhookError, WebhookError } from './errors.ts'
import { Budget } from './lib/deadline.ts'
import { acknowledge, acknowledgeError } from './stages/acknowledge.ts'
import { answerSigned, answerUnsigned } from './stages/challenge.ts'
import { identify } from './stages/identify.ts'
import { checkHead } from './stages/limits.ts'
import { parse } from './stages/parse.ts'
import { reportDelivery, reportEvents, type WorkedEvent } from './stages/report.ts'
import { verify } from './stages/verify.ts'
import { work, type Result } from './stages/work.ts'
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
    const budget = new Budget(endpoint.budgetMs(host))
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

/** The way of a delivery: each stage takes what the one before it made, and throws what it refuses. */
async function receive(delivery: Delivery, endpoint: Endpoint, budget: Budget): Promise<Received> {
  checkHead(delivery, endpoint)
  const answer = await answerUnsigned(delivery, endpoint)
  if (answer) return { reply: answer }

  const check = await endpoint.provider.verify.open(delivery)
  await delivery.readBody(endpoint.maxBodyBytes)
  const verified = await verify(delivery, check)
  const signedAnswer = await answerSigned(verified, endpoint)
  if (signedAnswer) return { reply: signedAnswer }

  const events = await parse(verified, endpoint.provider)
  const worked = await Promise.all(events.map((event) => admitAndWork(event, endpoint, budget)))
  budget.end()
  return { reply: acknowledge(worked, endpoint), events: worked }
}

/** Finding a duplicate and entering a new event must stay in one turn: no `await` between the two. */
async function admitAndWork(
  event: DeliveredEvent,
  endpoint: Endpoint,
  budget: Budget,
): Promise<WorkedEvent> {
  await identify(event)
  const before = endpoint.admission?.find(event.key)
  if (before) return { event, duplicate: true, result: await within(budget, before) }

  const running = work(event, endpoint, budget)
  endpoint.admission?.enter(event.key, running)
  return { event, duplicate: false, result: await within(budget, running) }
}

function within(budget: Budget, result: Awaitable<Result>): Awaitable<Result> {
  if (!(result instanceof Promise)) return result
  return budget.race(result).catch(toWebhookError)
}

function toWebhookError(cause: unknown): WebhookError {
  if (isWebhookError(cause)) return cause
  return new WebhookError('ERR_INTERNAL', `Unexpected: ${String(cause)}`, { cause })
}
