/** How BullMQ reaches Redis: connection options, or a client that is connected. */
export interface BullConnection {
  readonly connection: object
  /** What the keys in Redis begin with. */
  readonly prefix?: string
}

/** The part of BullMQ's `Queue` in use. BullMQ is given by the user, so that nobody else has to install it. */
export interface BullQueue {
  on(event: 'error', listener: (error: Error) => void): unknown
  getBackend(): { readonly client: Promise<RedisInUse> }
  add(name: string, data: JobData, options: AddOptions): Promise<{ id?: string | undefined }>
  getJob(id: string): Promise<BullJob | undefined>
  getDeduplicationJobId(id: string): Promise<string | null>
  getRanges(states: Finished[], start: number, end: number, ascending: boolean): Promise<string[]>
  close(): Promise<void>
  disconnect(): Promise<void>
}
export type BullQueueClass = new (name: string, options: BullConnection) => BullQueue

/** The part of BullMQ's `Worker` in use. */
export interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Whose connections are `ready`, each time that one of them is. */
  getBackend(): { on(event: 'ready', listener: () => void): unknown }
  close(): Promise<void>
  disconnect(): Promise<void>
}
export type BullWorkerClass = new (
  name: string,
  process: (job: BullJob, token?: string) => Promise<unknown>,
  options: BullWorkerOptions,
) => BullWorker

/** https://api.docs.bullmq.io/interfaces/v6.WorkerOptions.html */
export interface BullWorkerOptions extends BullConnection {
  readonly concurrency: number
  readonly lockDuration: number
  readonly skipLockRenewal: boolean
  readonly stalledInterval: number
  readonly maxStalledCount: number
  readonly runRetryDelay: number
  readonly removeOnComplete: { age: number; count: number }
  readonly removeOnFail: { age: number }
}

/** The part of BullMQ's `Job` in use. */
export interface BullJob {
  readonly name: string
  readonly data: JobData
  readonly attemptsStarted: number
  readonly failedReason?: string
  readonly finishedOn?: number | undefined
  extendLock(token: string, ms: number): Promise<number>
  moveToCompleted(value: null, token: string, fetchNext: boolean): Promise<unknown>
  moveToDelayed(timestamp: number, token: string): Promise<void>
  moveToFailed(error: Error, token: string, fetchNext: boolean): Promise<unknown>
  getState(): Promise<string>
  retry(
    state: Finished,
    options: { resetAttemptsMade: boolean; resetAttemptsStarted: boolean },
  ): Promise<void>
}

export type Finished = 'completed' | 'failed'

/** https://docs.bullmq.io/guide/jobs/deduplication */
export interface AddOptions {
  readonly jobId: string
  readonly deduplication: { id: string; ttl: number }
}

/** A record, as JSON holds it; its endpoint is the name of the job. */
export interface JobData {
  readonly key: string
  readonly receivedAt: number
  readonly head: string
  /** Base64: byte for byte what was put. */
  readonly body: string
  readonly order?: string
}

/** The client of a queue: BullMQ has the same face for each Redis driver. */
export interface RedisInUse {
  readonly status: string
  info(): Promise<string>
}

/** Whether an operation was refused by its script, and not lost on the way: such errors have a number for a code. */
export function isRefusal(error: unknown): boolean {
  return typeof (error as { code?: unknown } | undefined)?.code === 'number'
}
