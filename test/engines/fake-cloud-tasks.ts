/**
 * Cloud Tasks as far as the engine uses it: creating tasks by REST with its limits, names that are known until an
 * hour after their task has ended, and calls with the headers and the identity token that the task asks for.
 *
 * https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks
 */
import {
  apiError,
  identity,
  startQueue,
  type Answer,
  type ApiCall,
  type FakeQueue,
  type Waiting,
} from './google-fakes.ts'

export const QUEUE = 'projects/my-project/locations/europe-west1/queues/inbox'
const MAX_TASK_BYTES = 1_000_000
const HOUR_MS = 3_600_000

export interface CreatedTask {
  readonly name: string
  readonly dispatchDeadline: string
  readonly httpRequest: {
    readonly url: string
    readonly httpMethod: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly oidcToken: { readonly serviceAccountEmail: string; readonly audience: string }
  }
}

interface Entry extends Waiting {
  readonly task: CreatedTask
  attempts: number
  executions: number
  /** By the clock of the fake, which tests set forward. */
  endedAt?: number
}

export interface FakeCloudTasks extends FakeQueue {
  readonly tasks: readonly CreatedTask[]
  /** Attempts of a task, after which it is deleted. -1: no limit. */
  maxAttempts: number
  /** Names of tasks that were deleted so. */
  readonly lost: string[]
  advance(ms: number): void
}

export async function startCloudTasks(): Promise<FakeCloudTasks> {
  const entries = new Map<string, Entry>()
  const tasks: CreatedTask[] = []
  const lost: string[] = []
  let now = 0

  function create({ path, body }: ApiCall): Answer {
    if (path !== `/v2/${QUEUE}/tasks`) return apiError(404, 'NOT_FOUND', 'Queue does not exist.')
    const { task } = body as { readonly task: CreatedTask }
    const fault = faultOf(task)
    if (fault !== undefined) return apiError(400, 'INVALID_ARGUMENT', fault)
    const before = entries.get(task.name)
    if (before && (before.endedAt === undefined || now - before.endedAt < HOUR_MS)) {
      return apiError(409, 'ALREADY_EXISTS', 'Requested entity already exists')
    }
    tasks.push(task)
    entries.set(task.name, { task, attempts: 0, executions: 0, due: 0, busy: false })
    const { name, dispatchDeadline, httpRequest } = task
    const { url, httpMethod, headers, oidcToken } = httpRequest
    const createTime = '2026-11-01T10:00:00Z'
    const answer = { httpRequest: { url, httpMethod, headers, oidcToken }, dispatchDeadline }
    return {
      status: 200,
      body: { name, ...answer, createTime, scheduleTime: createTime, view: 'BASIC' },
    }
  }

  function call({ task, attempts, executions }: Entry, url: string): Promise<Response> {
    const { oidcToken, headers, httpMethod, body } = task.httpRequest
    const { serviceAccountEmail: email, audience: aud } = oidcToken
    return fetch(url, {
      method: httpMethod,
      headers: {
        ...headers,
        'user-agent': 'Google-Cloud-Tasks',
        authorization: identity({ email, aud }),
        'x-cloudtasks-queuename': QUEUE.split('/').at(-1)!,
        'x-cloudtasks-taskname': task.name.split('/').at(-1)!,
        'x-cloudtasks-taskretrycount': String(attempts),
        'x-cloudtasks-taskexecutioncount': String(executions),
        'x-cloudtasks-tasketa': '1793527200.5',
      },
      body: Buffer.from(body, 'base64'),
    })
  }

  function settle(entry: Entry, status: number): boolean {
    entry.attempts++
    if (status > 0 && status < 500) entry.executions++
    const isDone = status >= 200 && status <= 299
    const isLost = !isDone && entry.attempts === fake.maxAttempts
    if (isLost) lost.push(entry.task.name)
    if (isDone || isLost) entry.endedAt = now
    return isDone || isLost
  }

  const living = () => [...entries.values()].filter(({ endedAt }) => endedAt === undefined)
  const queue = await startQueue({ answer: create, living, call, settle })
  const fake: FakeCloudTasks = {
    ...queue,
    tasks,
    maxAttempts: -1,
    lost,
    advance: (ms) => void (now += ms),
  }
  return fake
}

/** https://docs.cloud.google.com/tasks/docs/quotas */
function faultOf({ name, dispatchDeadline, httpRequest }: CreatedTask): string | undefined {
  const prefix = `${QUEUE}/tasks/`
  if (!name.startsWith(prefix) || !/^[\w-]{1,500}$/.test(name.slice(prefix.length))) {
    return 'Task name must be formatted'
  }
  const seconds = Number(/^(\d+)s$/.exec(dispatchDeadline)?.[1])
  if (!(seconds >= 15 && seconds <= 1800)) return 'dispatch_deadline must be between [15s, 30m]'
  const { body, url } = httpRequest
  const bytes = Buffer.from(body, 'base64')
  if (bytes.toString('base64') !== body) return 'Invalid value at task.http_request.body'
  if (bytes.length > MAX_TASK_BYTES) return 'Task size too large'
  return /^https?:/.test(url) ? undefined : 'HttpRequest.url must start with http:// or https://'
}
