import { messageOf, configurationError } from '../errors.ts'
import type {
  DeadLetter,
  Engine,
  InboxRecord,
  PutOptions,
  ReplayOptions,
  ReplaySelection,
  Run,
  Worker,
  WorkOptions,
} from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { InboxOptions } from '../inbox/options.ts'
import { positive } from '../lib/options.ts'
import type {
  BullConnection,
  BullQueue,
  BullQueueClass,
  BullWorkerClass,
} from './lib/bullmq-binding.ts'
import { close } from './lib/bullmq-closing.ts'
import { deadLetters, putBack, replayJobs } from './lib/bullmq-finished.ts'
import { toJobData } from './lib/bullmq-record.ts'
import { Admission, unfitness } from './lib/bullmq-redis.ts'
import { BullWork } from './lib/bullmq-worker.ts'
import { within } from './lib/bullmq-within.ts'
import { counted, lifetimesOf, named } from './lib/engine-options.ts'

export interface BullmqOptions extends InboxOptions {
  /** The class that BullMQ 6 exports. */
  readonly Queue: BullQueueClass
  /** The class that BullMQ 6 exports. */
  readonly Worker: BullWorkerClass
  /**
   * A client that is yours to close, an ioredis one with `maxRetriesPerRequest: null`; or the options of
   * connections that the inbox opens and closes.
   *
   * @see https://docs.bullmq.io/guide/connections
   */
  readonly connection: object
  /** The name of the queue, without a colon. Nothing else may put jobs there. @default 'webhooks' */
  readonly queue?: string
  /** What the keys in Redis begin with; on a cluster in braces, as `{bull}`. @default 'bull' */
  readonly prefix?: string
  /** Seconds for which a key is known, from when its record was put. @default 604800, a week */
  readonly windowSeconds?: number
  /** Seconds for which what is done is kept, to be replayed. @default 86400, a day */
  readonly replaySeconds?: number
  /** How many of what is done are kept at most: they take memory. @default 10000 */
  readonly replayRecords?: number
  /** Seconds for which a dead letter is kept. @default 2592000, 30 days */
  readonly deadSeconds?: number
  /** Whether a delivery that comes again has its dead letter worked on again. @default false */
  readonly revive?: boolean
  /**
   * You vouch that Redis keeps what it is given, by replicas that are never lost together, say. It is asked for
   * `appendonly yes` and `maxmemory-policy noeviction` otherwise.
   *
   * @default false
   */
  readonly assumeDurable?: boolean
  /** Takes a Redis that forgets or drops what it is given. Nothing is durable then. @default false */
  readonly unsafeVolatileRedis?: boolean
}

/** Encoded it is a third longer; Redis takes values of 512 MB. */
const MAX_BODY_BYTES = 32 * 1024 ** 2
const MAX_OPEN_MS = 5000
/** For a caller without a signal. */
const MAX_PUT_MS = 10_000

/**
 * An inbox in a BullMQ queue, for any number of machines. A record is in Redis's append-only file before its
 * delivery is acknowledged. With `appendfsync always` it is on the disk, too; with `everysec`, the default of Redis,
 * the cut of its power loses what came in the second before. A failover to a replica loses what that was not sent yet.
 * Deliveries are answered 503 while Redis is gone, and when it has filled 90 % of its `maxmemory`.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`; `open`, and so `serve`, rejects for a Redis that is not fit or not there
 * @example
 * import { Queue, Worker } from 'bullmq'
 * import { Redis } from 'ioredis'
 *
 * const connection = new Redis({ maxRetriesPerRequest: null })
 * const inbox = bullmq({ Queue, Worker, connection })
 * createWebhookHandler({ provider: github({ secret }), inbox, on })
 * @see https://docs.bullmq.io
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export function bullmq(options: BullmqOptions): EngineInbox {
  const { Queue, Worker: WorkerClass, connection } = options
  if (typeof Queue !== 'function' || typeof WorkerClass !== 'function' || !connection) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'bullmq() takes { Queue, Worker } of the package bullmq, and a connection to Redis',
    )
  }
  return createInbox(new BullmqEngine(options), options)
}

/** The scripts of BullMQ fail for fractions, and for infinity. As milliseconds, 317 years. */
const MOST = 1e13

interface Opened {
  readonly queue: BullQueue
  readonly admission: Admission
}

class BullmqEngine implements Engine {
  readonly name = 'bullmq'
  readonly capabilities: Engine['capabilities']
  readonly #options: BullmqOptions
  readonly #queueName: string
  readonly #connection: BullConnection
  readonly #windowMs: number
  readonly #keepDone: { readonly age: number; readonly count: number }
  readonly #keepDead: { readonly age: number }
  #opened: Opened | undefined

  constructor(options: BullmqOptions) {
    const { connection, prefix, queue = 'webhooks' } = options
    const { windowSeconds, replaySeconds, deadSeconds } = lifetimesOf(options)
    this.#options = options
    this.#queueName = named('queue', queue, /^[^:]+$/, 'a name without a colon')
    this.#connection = { connection, ...(prefix !== undefined && { prefix }) }
    this.#windowMs = counted(windowSeconds * 1000, MOST)
    this.#keepDone = {
      age: counted(replaySeconds, MOST),
      count: counted(positive('replayRecords', options.replayRecords, 10_000), MOST),
    }
    this.#keepDead = { age: counted(deadSeconds, MOST) }
    this.capabilities = {
      durable: options.unsafeVolatileRedis ? 'memory' : 'disk',
      dedupe: { windowSeconds, tells: true },
      maxBytes: MAX_BODY_BYTES,
      retryAfter: 'exact',
      maxRunSeconds: Infinity,
      order: false,
    }
  }

  async open(): Promise<void> {
    if (this.#opened) return
    const queue = new this.#options.Queue(this.#queueName, this.#connection)
    let failure: Error | undefined
    // Without a listener it would end the process. Whoever puts is told.
    queue.on('error', (error) => (failure = error))
    try {
      this.#opened = await within(MAX_OPEN_MS, this.#inspect(queue))
    } catch (error) {
      await close(queue, this.#connection)
      const reason = messageOf(failure ?? error)
      throw new Error(`The Redis of the inbox can't be used: ${reason}`, { cause: error })
    }
  }

  async put(record: InboxRecord, { signal }: PutOptions = {}): Promise<'stored' | 'duplicate'> {
    return await within(MAX_PUT_MS, this.#add(record), signal)
  }

  async work(run: Run, options: WorkOptions): Promise<Worker> {
    return new BullWork(run, {
      ...options,
      Worker: this.#options.Worker,
      queue: this.#queueName,
      connection: this.#connection,
      keepDone: this.#keepDone,
      keepDead: this.#keepDead,
    })
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    yield* deadLetters(this.#open().queue)
  }

  async replay(selection: ReplaySelection, options: ReplayOptions = {}): Promise<number> {
    return await replayJobs(this.#open().queue, selection, options)
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (opened) await close(opened.queue, this.#connection)
  }

  async #inspect(queue: BullQueue): Promise<Opened> {
    const client = await queue.getBackend().client
    const { assumeDurable, unsafeVolatileRedis } = this.#options
    const reason = assumeDurable || unsafeVolatileRedis ? undefined : await unfitness(client)
    if (reason) {
      throw new Error(
        `${reason}. assumeDurable: true takes it if you know better, unsafeVolatileRedis: true in any case`,
      )
    }
    return { queue, admission: new Admission(client) }
  }

  async #add(record: InboxRecord): Promise<'stored' | 'duplicate'> {
    const { queue, admission } = this.#open()
    await admission.ask()
    // What comes back is the id of the job that has the key: this one, also if the command was sent twice, or another.
    const jobId = crypto.randomUUID()
    const deduplication = { id: record.key, ttl: this.#windowMs }
    const added = await queue.add(record.endpoint, toJobData(record), { jobId, deduplication })
    if (added.id === jobId) return 'stored'
    return this.#options.revive && (await revived(queue, added.id!)) ? 'stored' : 'duplicate'
  }

  #open(): Opened {
    if (!this.#opened) throw new Error('The inbox is not open')
    return this.#opened
  }
}

async function revived(queue: BullQueue, id: string): Promise<boolean> {
  const job = await queue.getJob(id)
  return job !== undefined && (await putBack(job, ['failed']))
}
