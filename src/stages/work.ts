import { DeliveryContext, type DeliveredEvent, type Task } from '../event.ts'
import type { WorkingEndpoint } from '../endpoint.ts'
import { isWebhookError, messageOf, WebhookError, type ErrorCode } from '../errors.ts'
import type { Budget } from '../lib/deadline.ts'
import { done, ignored, isOutcome, type Outcome, type Result } from '../outcomes.ts'
import type { StandardSchema, WebhookContext } from '../types.ts'

/**
 * Runs the effect for a task. Settles when the effect does, however late; the caller holds it against
 * the budget. Stays synchronous when the effect does.
 */
export function work(
  task: Task,
  endpoint: WorkingEndpoint,
  budget: Budget,
  context: WebhookContext = new DeliveryContext(task.event, budget),
): Result | Promise<Result> {
  try {
    const { event } = task
    const effect = endpoint.findEffect(task)
    if (!effect) return ignored
    const schema = endpoint.findSchema(event)
    const result = schema
      ? validate(event, schema).then(() => effect(event, context))
      : effect(event, context)
    return isThenable(result) ? Promise.resolve(result).then(toOutcome, toError) : toOutcome(result)
  } catch (error) {
    return toError(error)
  }
}

/** Query builders are thenables without being promises. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'

const toOutcome = (value: unknown): Outcome => (isOutcome(value) ? value : done)

/** What reading the payload throws is the sender's fault; all else is ours, and must not look like a 4xx. */
const OF_THE_SENDER: ReadonlySet<ErrorCode> = new Set(['ERR_BODY_MALFORMED', 'ERR_SCHEMA_MISMATCH'])

function toError(error: unknown): WebhookError {
  if (isWebhookError(error) && OF_THE_SENDER.has(error.code)) return error
  const text = `The handler threw: ${messageOf(error)}`
  return new WebhookError('ERR_HANDLER_FAILED', text, { cause: error })
}

async function validate(event: DeliveredEvent, schema: StandardSchema): Promise<void> {
  const result = await schema['~standard'].validate(event.data)
  if (!result.issues) {
    event.data = result.value
    return
  }
  // Where it does not fit, and not how: the messages of some libraries quote the payload.
  const places = result.issues.slice(0, 5).map(({ path }) => {
    const keys = (path ?? []).map((part) =>
      typeof part === 'object' && part !== null && 'key' in part ? part.key : part,
    )
    return keys.map(String).join('.') || 'its root'
  })
  throw new WebhookError(
    'ERR_SCHEMA_MISMATCH',
    `The payload does not fit its schema at ${places.join(', ')}; see error.cause`,
    { cause: result.issues },
  )
}
