import { defineProvider, header, number, time, type ProviderFacts } from '../provider.ts'
import { googleOidc, type GoogleOidcOptions } from '../schemes/google-oidc.ts'
import type { Extractable, Provider } from '../types.ts'

export interface GoogleCloudTasksOptions extends GoogleOidcOptions {
  /** The dispatch deadline of the tasks in seconds, 15 to 1800. @default 600 */
  readonly deadlineSeconds?: number
}

/**
 * Google Cloud Tasks, HTTP targets with an `oidcToken`: an identity token of the service account that is named
 * there. The `X-CloudTasks-` headers prove nothing, anyone can send them; once the token is proven they tell
 * which task it is. The type is the queue, the id `queue/task`, as names are unique in their queue only. Tasks
 * with another method than POST are not taken.
 *
 * A task that fails is answered with 503, which slows its whole queue down, and comes again as the queue is set.
 *
 * @see https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks
 * @throws {TypeError} `ERR_OPTION_INVALID` without an audience or without a service account
 */
export function googleCloudTasks(options: GoogleCloudTasksOptions): Provider {
  const { deadlineSeconds = 600 } = options
  return defineProvider({
    name: 'google-cloud-tasks',
    verify: googleOidc(options),
    event: {
      type: queue,
      id: idOf,
      timestamp: time('s', header('x-cloudtasks-tasketa')),
      attempt: number(header('x-cloudtasks-taskretrycount'), 1),
    },
    acknowledge: { deadlineSeconds },
  })
}

const queue = header('x-cloudtasks-queuename')
const task = header('x-cloudtasks-taskname')

function idOf(event: Extractable): string | undefined {
  const name = task(event)
  return name && `${queue(event) ?? ''}/${name}`
}

export const facts: ProviderFacts = {
  title: 'Google Cloud Tasks',
  docs: ['https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'as the queue is set: `retryConfig`',
  heedsRetryAfter: true,
  stops: '`maxAttempts` of the queue',
  doubts: [
    'The range of the dispatch deadline is inferred: see `deadlineSeconds`',
    'The number of attempts is that of `TaskRetryCount`; `TaskExecutionCount` leaves out those that ended in 5xx',
  ],
}
