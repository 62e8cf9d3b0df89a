import { configurationError, WebhookError } from '../errors.ts'
import type {
  DeadLetter,
  Engine,
  InboxRecord,
  PushedWork,
  PushSide,
  PutOptions,
} from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { KeyStore } from '../inbox/keys.ts'
import type { InboxOptions } from '../inbox/options.ts'
import {
  createGoogleApi,
  errorStatus,
  failure,
  isSuccess,
  type GoogleApi,
  type GoogleApiOptions,
} from '../lib/google-rest.ts'
import { readMember } from '../lib/member.ts'
import { positive } from '../lib/options.ts'
import type { Awaitable, Provider } from '../types.ts'
import { toBase64 } from './lib/base64.ts'
import { named } from './lib/engine-options.ts'
import { PACKED_HEAD_BYTES, packRecord, unpackRecord } from './lib/packed-record.ts'
import { workSecondsWithin } from './lib/push-deadline.ts'

export interface CloudTasksOptions extends InboxOptions, GoogleApiOptions {
  /** Where deliveries are stored: `projects/my-project/locations/europe-west1/queues/my-queue`. */
  readonly queue: string
  /** The URL of `consumer()`, as Cloud Tasks reaches it. */
  readonly url: string
  /** The e-mail of the service account that Cloud Tasks calls as; whoever stores has to be let act as it. */
  readonly serviceAccount: string
  /** The audience of its tokens. @default `url` */
  readonly audience?: string
  /**
   * How the calls are verified: `googleCloudTasks({ audience, serviceAccountEmail, deadlineSeconds })`, with the same
   * audience and account. Its deadline, 600 s unless set, is that of the tasks.
   */
  readonly push: Provider
  /**
   * Keeps what is given up, for Cloud Tasks has no place for it. Has to reject if it can't: then that is tried again
   * later. `inbox.replay({ records: [letter.record] })` puts it back to work.
   */
  readonly deadLetters: (letter: DeadLetter) => Awaitable<void>
  /** Tells duplicates after an hour; `false` if your effects may see an event twice. */
  readonly keys: KeyStore | false
  /**
   * Bytes that a task may have. The page of limits says 1 MB, the reference of the API still 100 KB. What is above
   * this is answered 413, which most senders take as final; what Cloud Tasks itself refuses is answered 503.
   *
   * @default 1000000
   */
  readonly maxTaskBytes?: number
}

const ORIGIN = 'https://cloudtasks.googleapis.com'
const DEFAULT_DEADLINE_SECONDS = 600
/** For about as long a name is known after its task has ended. */
const WINDOW_SECONDS = 3600

/**
 * An inbox in a queue of Google Cloud Tasks, which calls `consumer()` with one task for each delivery, where the work
 * is done within the call: for platforms that freeze between requests, as Cloud Run. Over REST, without a client
 * library. The name of a task is the key of its record, so that duplicates are told while it lives, and about an hour
 * longer.
 *
 * A task that is out of attempts is deleted. Set `maxAttempts` of the queue to -1, or far above `attempts`, as calls
 * that reach nobody, or find another at work, count too; the inbox, whose attempts are counted by `keys`, then gives up
 * first and hands the record to `deadLetters`. When a task is
 * tried again is up to the queue: with its defaults first after 0.1 s, so set `minBackoff` as well.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @see https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create
 * @see https://docs.cloud.google.com/tasks/docs/quotas
 * @see https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks
 * @example
 * const push = googleCloudTasks({ audience: url, serviceAccountEmail: serviceAccount })
 * const inbox = cloudTasks({ queue, url, serviceAccount, push, keys, deadLetters: (letter) => save(letter) })
 * mount({ '/github': createWebhookHandler({ provider, inbox, on }), '/work': inbox.consumer() })
 */
export function cloudTasks(options: CloudTasksOptions): EngineInbox {
  return createInbox(new CloudTasksEngine(options), options)
}

class CloudTasksEngine implements Engine {
  readonly name = 'cloud-tasks'
  readonly capabilities: Engine['capabilities']
  readonly push: PushSide
  readonly #api: GoogleApi
  readonly #options: CloudTasksOptions
  readonly #deadlineSeconds: number

  constructor(options: CloudTasksOptions) {
    const { push: provider } = options
    this.#options = checked(options)
    const { deadlineSeconds = DEFAULT_DEADLINE_SECONDS } = provider.acknowledge ?? {}
    if (!(deadlineSeconds >= 15 && deadlineSeconds <= 1800)) {
      throw invalid(`The deadline of a task is 15 to 1800 s, not the ${deadlineSeconds} of "push"`)
    }
    this.#deadlineSeconds = deadlineSeconds
    this.#api = createGoogleApi(ORIGIN, options)
    this.push = { provider, decode: decodeTask }
    const maxTaskBytes = positive('maxTaskBytes', options.maxTaskBytes, 1_000_000)
    this.capabilities = {
      durable: 'replicated',
      dedupe: { windowSeconds: WINDOW_SECONDS, tells: true },
      maxBytes: Math.max(0, maxTaskBytes - 2 * PACKED_HEAD_BYTES),
      retryAfter: 'hint',
      maxRunSeconds: workSecondsWithin(deadlineSeconds),
      order: false,
    }
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  /** After an answer that was lost, `duplicate` may be the record itself. */
  async put(record: InboxRecord, { signal }: PutOptions = {}): Promise<'stored' | 'duplicate'> {
    // A hash: names that begin alike would slow the queue down.
    return await this.#create(record, record.key, signal)
  }

  /** Under a name of its own: that of a task is known for an hour after its end. */
  async putBack(record: InboxRecord): Promise<void> {
    await this.#create(record, `${record.key}-${Date.now().toString(36)}`)
  }

  async #create(record: InboxRecord, id: string, signal?: AbortSignal) {
    const task = this.#toTask(record, id)
    const answer = await this.#api.post(`/v2/${this.#options.queue}/tasks`, { task }, signal)
    if (isSuccess(answer) && readMember(answer.body, ['name']) === task.name) return 'stored'
    // 409 is ABORTED as well, which stored nothing.
    if (answer.status === 409 && errorStatus(answer) === 'ALREADY_EXISTS') return 'duplicate'
    throw failure('Cloud Tasks', answer)
  }

  async bury(record: InboxRecord, reason: string): Promise<void> {
    await this.#options.deadLetters({ record, reason, at: Date.now() })
  }

  #toTask(record: InboxRecord, id: string) {
    const { queue, url, serviceAccount, audience = url } = this.#options
    return {
      name: `${queue}/tasks/${id}`,
      dispatchDeadline: `${this.#deadlineSeconds}s`,
      httpRequest: {
        url,
        httpMethod: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: toBase64(packRecord(record)),
        oidcToken: { serviceAccountEmail: serviceAccount, audience },
      },
    }
  }
}

function decodeTask(payload: unknown, headers: { get(name: string): string | null }): PushedWork {
  if (!(payload instanceof Uint8Array)) {
    throw new WebhookError('ERR_BODY_MALFORMED', 'What was pushed is no task of an inbox')
  }
  const record = unpackRecord(payload)
  // Not `TaskExecutionCount`, which leaves out the attempts that ended in 5xx, or with their process.
  const retries = Number(headers.get('x-cloudtasks-taskretrycount') ?? 0)
  return { record, attempt: { number: Number.isSafeInteger(retries) ? retries + 1 : 1 } }
}

function checked(options: CloudTasksOptions): CloudTasksOptions {
  const { queue, url, serviceAccount, audience, deadLetters } = options
  const form = /^projects\/[^/\s?#]+\/locations\/[^/\s?#]+\/queues\/[^/\s?#]+$/
  named('queue', queue, form, '"projects/PROJECT/locations/LOCATION/queues/QUEUE"')
  if (!/^https?:\/\/./.test(url ?? '')) throw invalid('url is the URL of the consumer')
  if (!serviceAccount) throw invalid('serviceAccount is the e-mail of the account of the calls')
  if (audience === '') throw invalid('audience is not empty')
  if (typeof deadLetters !== 'function') {
    throw invalid('deadLetters is a function: Cloud Tasks deletes what is out of attempts')
  }
  return options
}

const invalid = (message: string) => configurationError('ERR_OPTION_INVALID', message)
