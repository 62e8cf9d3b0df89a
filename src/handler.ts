import { Delivery } from './delivery.ts'
import { toHandler } from './doors.ts'
import {
  createEndpoint,
  type Endpoint,
  type WebhookHandlerOptions,
  type WorkedTask,
} from './endpoint.ts'
import type { DeliveredEvent, Task } from './event.ts'
import { isWebhookError, messageOf, WebhookError } from './errors.ts'
import { after, all, isPromise } from './lib/awaitable.ts'
import { Budget } from './lib/deadline.ts'
import { acknowledge, acknowledgeError } from './stages/acknowledge.ts'
import { answerSigned, answerUnsigned } from './stages/challenge.ts'
import { identify } from './stages/identify.ts'
import { checkHead, checkLength } from './stages/limits.ts'
import { parse } from './stages/parse.ts'
import { reportDelivery, reportTasks } from './stages/report.ts'
import { verify } from './stages/verify.ts'
import { work } from './stages/work.ts'
import type { Awaitable, EventMap, ReplyParts, VerifiedDelivery, WebhookHandler } from './types.ts'

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

  return toHandler(
    (parts, host) => {
      const { publicUrl } = endpoint
      const budget = new Budget(endpoint.budgetMs(host), parts.arrivedAt)
      const delivery = new Delivery(parts, host, {
        receivedAt: endpoint.clock(),
        publicUrl,
        budget,
      })

      function finish({ reply, tasks }: Received): ReplyParts {
        const circumstances = { delivery, endpoint, budget, status: reply.status }
        if (tasks?.length) reportTasks(tasks, circumstances)
        else reportDelivery(tasks ? 'ignored' : 'challenge', circumstances)
        return reply
      }
      function fail(cause: unknown): ReplyParts {
        const error = toWebhookError(cause)
        const reply = acknowledgeError(error, endpoint)
        reportDelivery(error, { delivery, endpoint, budget, status: reply.status })
        return reply
      }
      try {
        const received = receive(delivery, endpoint, budget)
        return isPromise(received) ? received.then(finish, fail) : finish(received)
      } catch (cause) {
        return fail(cause)
      }
    },
    options.inbox ? [options.inbox] : [],
  )
}

interface Received {
  readonly reply: ReplyParts
  /** Absent for a challenge. */
  readonly tasks?: readonly WorkedTask[]
}

/*
 * The way of a delivery: each stage takes what the one before it made, and throws what it refuses. Where
 * nothing has to be waited for, `after` goes on in the same turn.
 */

function receive(delivery: Delivery, endpoint: Endpoint, budget: Budget): Awaitable<Received> {
  checkHead(delivery, endpoint)
  return after(answerUnsigned(delivery, endpoint), (answer) =>
    answer ? { reply: answer } : receiveEvents(delivery, endpoint, budget),
  )
}

function receiveEvents(
  delivery: Delivery,
  endpoint: Endpoint,
  budget: Budget,
): Awaitable<Received> {
  const { provider, maxBodyBytes } = endpoint
  const once = provider.acknowledge?.retries === false
  return after(inTime(provider.verify.open(delivery), budget), (check) =>
    after(delivery.readBody(maxBodyBytes, once), (body) => {
      delivery.body = checkLength(body, maxBodyBytes)
      return after(inTime(verify(delivery, check), budget), (verified) =>
        after(answerSigned(verified, endpoint), (answer) =>
          answer ? { reply: answer } : workOn(verified, endpoint, budget),
        ),
      )
    }),
  )
}

/** A secret store that hangs must not keep the sender waiting: what can't be decided in time is a 503. */
function inTime<Value>(value: Awaitable<Value>, budget: Budget): Awaitable<Value> {
  return isPromise(value) ? budget.hold(value, undecided) : value
}

const undecided = () =>
  new WebhookError(
    'ERR_SECRET_UNAVAILABLE',
    'No verdict before the deadline; does the secret function hang?',
  )

function workOn(
  verified: VerifiedDelivery,
  endpoint: Endpoint,
  budget: Budget,
): Awaitable<Received> {
  return after(parse(verified, endpoint.provider), (events) =>
    // All keys first: then the work on a batch begins in the order of its events.
    after(all(events.map(identify)), () =>
      after(
        all(tasksOf(events, endpoint).map((task) => admit(task, endpoint, budget))),
        (tasks) => {
          budget.end()
          return { reply: acknowledge(tasks, endpoint), tasks }
        },
      ),
    ),
  )
}

function tasksOf(events: readonly DeliveredEvent[], endpoint: Endpoint): readonly Task[] {
  return events.length === 1
    ? endpoint.tasksOf(events[0]!)
    : events.flatMap((event) => endpoint.tasksOf(event))
}

/** Into the inbox, or into the memory of this process and to work at once. */
function admit(task: Task, endpoint: Endpoint, budget: Budget): Awaitable<WorkedTask> {
  return endpoint.accept?.(task, budget) ?? admitAndWork(task, endpoint, budget)
}

/** Finds a duplicate or enters a new task, in one turn: no duplicate comes between. */
function admitAndWork(task: Task, endpoint: Endpoint, budget: Budget): Awaitable<WorkedTask> {
  const { admission } = endpoint
  const before = admission?.find(task.key)
  const result = before ?? work(task, endpoint, budget)
  const duplicate = before !== undefined
  if (!duplicate) admission?.enter(task.key, result)
  return isPromise(result)
    ? budget.race(result, (settled) => ({ task, result: settled, duplicate }))
    : { task, result, duplicate }
}

function toWebhookError(cause: unknown): WebhookError {
  if (isWebhookError(cause)) return cause
  return new WebhookError('ERR_INTERNAL', `Unexpected: ${messageOf(cause)}`, { cause })
}
