import { messageOf } from '../../errors.ts'
import type { Attempt, Run, Verdict, Worker, WorkOptions } from '../../inbox/engine.ts'
import {
  isRefusal,
  type BullConnection,
  type BullJob,
  type BullWorker,
  type BullWorkerClass,
} from './bullmq-binding.ts'
import { close } from './bullmq-closing.ts'
import { toRecord } from './bullmq-record.ts'
import { within } from './bullmq-within.ts'
import { StoreLog } from '../../inbox/store-log.ts'

export interface BullWorkOptions extends WorkOptions {
  readonly Worker: BullWorkerClass
  readonly queue: string
  readonly connection: BullConnection
  /** For how long and how many of what is done are kept. */
  readonly keepDone: { readonly age: number; readonly count: number }
  readonly keepDead: { readonly age: number }
}

/** The wait after Redis has failed. */
const FAILURE_PAUSE_MS = 250

/** Has BullMQ fetch the jobs, and settles them itself. */
export class BullWork implements Worker {
  readonly #worker: BullWorker
  readonly #connection: BullConnection
  readonly #run: Run
  readonly #leaseMs: number
  readonly #log = new StoreLog('bullmq')
  readonly #active = new Set<Promise<void>>()

  constructor(run: Run, options: BullWorkOptions) {
    const { Worker: WorkerClass, queue, connection, concurrency, leaseMs } = options
    this.#run = run
    this.#connection = connection
    this.#leaseMs = leaseMs
    this.#worker = new WorkerClass(queue, (job, token) => this.#process(job, token!), {
      ...connection,
      concurrency,
      lockDuration: leaseMs,
      // The work renews its lease through `extend`, and so loses it when it is frozen.
      skipLockRenewal: true,
      // Work is taken away at the second look that finds it without a lock.
      stalledInterval: Math.max(1, Math.ceil(leaseMs / 3)),
      // The attempts are limited by the caller, who also says why one is given up.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: FAILURE_PAUSE_MS,
      removeOnComplete: { ...options.keepDone },
      removeOnFail: { ...options.keepDead },
    })
    // Without a listener it would end the process. BullMQ goes on by itself.
    this.#worker.on('error', (error) => this.#log.noWork(error))
    this.#worker.getBackend().on('ready', () => this.#log.hasWork())
  }

  async stop(): Promise<void> {
    await close(this.#worker, this.#connection, this.#active)
  }

  /** Rejects in any case, with what BullMQ takes as: the job has been moved to where it belongs. */
  async #process(job: BullJob, token: string): Promise<never> {
    this.#log.hasWork()
    const attending = this.#attend(job, token)
    this.#active.add(attending)
    await attending.finally(() => this.#active.delete(attending))
    throw Object.assign(new Error('Settled'), { name: 'DelayedError' })
  }

  async #attend(job: BullJob, token: string): Promise<void> {
    const attempt = {
      number: job.attemptsStarted,
      extend: async (ms: number) => (await job.extendLock(token, ms)) > 0,
    }
    await this.#settle(job, token, await this.#judge(job, attempt))
  }

  async #judge(job: BullJob, attempt: Attempt): Promise<Verdict> {
    const record = toRecord(job)
    if (!record) return { kind: 'dead', reason: 'The job is no record of the inbox' }
    try {
      return await this.#run(record, attempt)
    } catch (error) {
      return { kind: 'retry', afterMs: this.#leaseMs, reason: messageOf(error) }
    }
  }

  /** Writes the verdict for as long as it counts: after that, the job is given out again by itself. */
  async #settle(job: BullJob, token: string, verdict: Verdict): Promise<void> {
    const until = performance.now() + this.#leaseMs
    for (let leftMs = this.#leaseMs; leftMs > 0; leftMs = until - performance.now()) {
      try {
        await within(leftMs, write(job, token, verdict))
        return this.#log.hasVerdict(job)
      } catch (error) {
        if (isRefusal(error)) break // the work has been taken away
        this.#log.noVerdict(job, error)
        await new Promise((resolve) => setTimeout(resolve, FAILURE_PAUSE_MS))
      }
    }
    this.#log.giveUp(job)
  }
}

async function write(job: BullJob, token: string, verdict: Verdict): Promise<void> {
  if (verdict.kind === 'ack') await job.moveToCompleted(null, token, false)
  else if (verdict.kind === 'dead')
    await job.moveToFailed(unrecoverable(verdict.reason), token, false)
  else await job.moveToDelayed(Date.now() + Math.ceil(verdict.afterMs), token)
}

/** No stack, which would be stored with the job. */
const unrecoverable = (message: string): Error => ({ name: 'UnrecoverableError', message })
