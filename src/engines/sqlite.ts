import { configurationError, messageOf } from '../errors.ts'
import type {
  DeadLetter,
  Engine,
  InboxRecord,
  PutOptions,
  ReplayOptions,
  ReplaySelection,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from '../inbox/engine.ts'
import { createInbox, type EngineInbox } from '../inbox/inbox.ts'
import type { InboxOptions } from '../inbox/options.ts'
import { positive } from '../lib/options.ts'
import { lifetimesOf } from './lib/engine-options.ts'
import { machineClock } from './lib/machine-clock.ts'
import { PullLoop, type Claim, type PullSource } from './lib/pull-loop.ts'
import {
  failureOf,
  findDatabaseClass,
  type SqliteDatabase,
  type SqliteDatabaseClass,
  type SqliteFailure,
} from './lib/sqlite-binding.ts'
import { identityOf, UNKNOWN } from './lib/sqlite-identity.ts'
import {
  checkAfterFailure,
  checkpoint,
  configure,
  hold,
  migrate,
  PAGE_BYTES,
  release,
  setClock,
} from './lib/sqlite-schema.ts'
import { SqliteStore, type Claimed, type Retention } from './lib/sqlite-store.ts'
import { volatility } from './lib/volatile-disk.ts'
import { WriteQueue } from './lib/write-queue.ts'

export interface SqliteOptions extends InboxOptions {
  /**
   * The class of a binding, as `import Database from 'better-sqlite3'`.
   *
   * @default bun:sqlite on Bun, node:sqlite, else better-sqlite3 or libsql if installed
   */
  readonly database?: SqliteDatabaseClass
  /**
   * Bytes that the file may hold; stay well below the disk, for its log takes 8 MB beside it. A delivery of 2 KiB
   * takes 2.9 kB for `replaySeconds`, then 0.3 kB until `windowSeconds` has passed: with a day and a week, 1 GiB is
   * enough for 230,000 a day; the worst case are 4 KiB, which take 8.3 kB. When room is
   * short, the content of the oldest that are done is forgotten early, and when none is left, their keys: such a
   * delivery is not told to be a duplicate any more. Only what is still to be done, or dead, has deliveries answered
   * 503.
   *
   * @default 1 GiB
   */
  readonly maxFileBytes?: number
  /** Seconds for which the key of what is done is known. @default 604800, a week */
  readonly windowSeconds?: number
  /** Seconds for which its content is kept, to be replayed. @default 86400, a day */
  readonly replaySeconds?: number
  /** Seconds for which a dead letter is kept. @default 2592000, 30 days */
  readonly deadSeconds?: number
  /** Whether a delivery that comes again has its dead letter worked on again. @default false */
  readonly revive?: boolean
  /** Takes a disk that is memory, or gone with the instance. Nothing is durable then. @default false */
  readonly unsafeVolatileDisk?: boolean
}

const GIB = 1024 ** 3
/** The longest blob that every binding takes. */
const MAX_BODY_BYTES = 100 * 1024 ** 2
const SWEEP_MS = 60_000
const SWEEP_PAUSE_MS = 50
/** What a row takes besides its head and its body, in the table and in the indexes. */
const ROW_BYTES = 256
const MEASURE_MS = 1000
/** How long a delivery that finds no room makes some. */
const FREE_MS = 50
/** How long opening waits for another process. */
const MAX_OPEN_MS = 5000
/** How long closing does. */
const MAX_CLOSE_MS = 3000
/** How long a verdict does before that, when no more work is taken. */
const MAX_STOP_MS = 500

/**
 * An inbox in one SQLite file, for one machine; several processes may share it. Every commit is on the disk before
 * a delivery is acknowledged, several deliveries to a commit.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`; `open`, and so `serve`, rejects for a file or a disk that is not fit
 * @example
 * createWebhookHandler({ provider: github({ secret }), inbox: sqlite('inbox.db'), on })
 * @see https://sqlite.org/wal.html
 */
export function sqlite(file: string, options: SqliteOptions = {}): EngineInbox {
  if (!file || file === ':memory:') {
    throw configurationError(
      'ERR_OPTION_INVALID',
      "sqlite() takes the path of a file; for tests there is memory() of 'webhook-target/engines/memory'",
    )
  }
  return createInbox(new SqliteEngine(file, options), options)
}

interface SqliteClaim extends Claim {
  readonly claimed: Claimed
}

class SqliteEngine implements Engine, PullSource<SqliteClaim> {
  readonly name = 'sqlite'
  readonly capabilities: Engine['capabilities']
  readonly #file: string
  readonly #options: SqliteOptions
  readonly #maxFileBytes: number
  readonly #retention: Retention
  readonly #clock = machineClock()
  readonly #writes = new WriteQueue(
    () => this.#ready(),
    (failure) => this.#recover(failure),
  )
  #class: SqliteDatabaseClass | undefined
  #store: SqliteStore | undefined
  #handle: SqliteDatabase | undefined
  #isOpen = false
  /** Which file is open; kept when it had to be closed, for then it must be there again. */
  #identity: string | undefined
  /** Whether a commit has failed in a way that may have left half of it on the disk. */
  #isSuspect = false
  #hasFailed = false
  /** Whether the disk was full the last time. */
  #isFull = false
  #loop: PullLoop<SqliteClaim> | undefined
  /** Aborted when no more work is to be taken. */
  #stopping = new AbortController()
  /** Bytes that the file may still take, as far as known. */
  #room = 0
  #measuredAt = -Infinity
  #sweeping: ReturnType<typeof setTimeout> | undefined

  constructor(file: string, options: SqliteOptions) {
    this.#file = file
    this.#options = options
    this.#maxFileBytes = positive('maxFileBytes', options.maxFileBytes, GIB)
    const { windowSeconds, replaySeconds, deadSeconds } = lifetimesOf(options)
    this.#retention = {
      windowMs: windowSeconds * 1000,
      replayMs: replaySeconds * 1000,
      deadMs: deadSeconds * 1000,
    }
    this.capabilities = {
      durable: options.unsafeVolatileDisk ? 'memory' : 'disk',
      dedupe: { windowSeconds, tells: true },
      maxBytes: Math.min(MAX_BODY_BYTES, this.#maxFileBytes),
      retryAfter: 'exact',
      maxRunSeconds: Infinity,
      order: true,
      sequence: true,
    }
  }

  get store(): string | undefined {
    return this.#identity === UNKNOWN ? undefined : this.#identity
  }

  async open(): Promise<void> {
    this.#class ??= this.#options.database ?? (await findDatabaseClass())
    this.#isOpen = true
    const until = performance.now() + MAX_OPEN_MS
    for (;;) {
      try {
        this.#openFile()
        return this.#sweep(SWEEP_MS)
      } catch (error) {
        // Another process creates the tables, or is in a long transaction.
        const busy = failureOf((error as Error).cause) === 'busy'
        if (!busy || performance.now() > until) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  async put(record: InboxRecord, { signal }: PutOptions = {}): Promise<'stored' | 'duplicate'> {
    const put = await this.#writes.write(() => this.#insert(record), signal)
    this.#loop?.wake()
    return put
  }

  async work(run: Run, options: WorkOptions): Promise<Worker> {
    const stopping = (this.#stopping = new AbortController())
    const loop = (this.#loop = new PullLoop(this, run, options))
    return {
      async stop() {
        stopping.abort()
        await loop.stop()
      },
    }
  }

  async claim(limit: number, leaseMs: number): Promise<readonly SqliteClaim[]> {
    const { signal } = this.#stopping
    const claims = await this.#writes.write(() => this.#open().claim(limit, leaseMs), signal)
    return claims.map((claimed) => ({
      claimed,
      record: claimed.record,
      attempt: {
        number: claimed.attempts,
        stale: claimed.stale,
        extend: (ms: number) => this.#extend(claimed, ms),
      },
    }))
  }

  async settle({ claimed }: SqliteClaim, verdict: Verdict): Promise<void> {
    await this.#orStopped(this.#writes.write(() => this.#open().settle(claimed, verdict)))
  }

  /** What another process keeps from being written stays queued: stopping does not wait for it, and closing does. */
  #orStopped(written: Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const stop = () => void (timer = setTimeout(resolve, MAX_STOP_MS))
      const end = () => {
        signal.removeEventListener('abort', stop)
        clearTimeout(timer)
      }
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop)
      written.then(() => resolve(), reject).finally(end)
    })
  }

  untilDue(): number | undefined {
    return this.#open().untilDue()
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    yield* this.#open().dead()
  }

  async replay(selection: ReplaySelection, { before }: ReplayOptions = {}): Promise<number> {
    let count = 0
    for (const keys of this.#open().finished(selection)) {
      await before?.(keys)
      count += await this.#writes.write(() => this.#open().putBack(keys))
      this.#loop?.wake()
    }
    return count
  }

  async close(): Promise<void> {
    clearTimeout(this.#sweeping)
    if (this.#handle) await this.#finish()
    this.#isOpen = false
    this.#writes.reject(new Error(`The inbox ${this.#file} was closed`))
    this.#abandon()
    this.#identity = undefined
  }

  /** Writes what is queued, unless another process has the file locked for too long. */
  async #finish(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, MAX_CLOSE_MS)))
    const last = this.#writes.write(() => {
      // A file that could not be written is checked by the next process.
      if (!this.#hasFailed) release(this.#handle!)
    })
    await Promise.race([last.catch(() => undefined), late])
    clearTimeout(timer)
  }

  #insert(record: InboxRecord): 'stored' | 'duplicate' {
    const store = this.#open()
    this.#takeRoom(store, bytesOf(record))
    return store.put(record, this.#options.revive ?? false)
  }

  /** Asks for the size of the file only when what was free at the last time is used up, or may be more again. */
  #takeRoom(store: SqliteStore, bytes: number): void {
    const now = performance.now()
    if (bytes > this.#room || now > this.#measuredAt + MEASURE_MS) {
      this.#room = this.#maxFileBytes - store.size()
      this.#measuredAt = now
    }
    if (bytes > this.#room) this.#freeRoom(store, bytes)
    this.#room -= bytes
  }

  /** At the cost of what is done. */
  #freeRoom(store: SqliteStore, bytes: number): void {
    const until = performance.now() + FREE_MS
    while (bytes > this.#room) {
      if (!store.free()) throw new Error(this.#fullness(store))
      this.#room = this.#maxFileBytes - store.size()
      if (bytes > this.#room && performance.now() > until) {
        throw new Error(`${this.#file} has reached maxFileBytes, and room is being made in it`)
      }
    }
  }

  #fullness(store: SqliteStore): string {
    const limit = `maxFileBytes, ${this.#maxFileBytes}`
    return store.isEmpty()
      ? `${limit}, is too small for this delivery in ${this.#file}`
      : `${this.#file} has reached ${limit}, with what is still to be done or dead; do workers run?`
  }

  #extend(claimed: Claimed, ms: number): Promise<boolean> {
    return this.#writes.write(() => this.#open().extend(claimed, ms))
  }

  /** Called before every transaction. */
  #ready(): SqliteStore {
    this.#look()
    const store = this.#open()
    // Before anything else takes the room that there may be again: it may be the log that fills the disk.
    if (this.#isFull && checkpoint(this.#handle!)) this.#isFull = false
    return store
  }

  #open(): SqliteStore {
    if (!this.#store) this.#openFile()
    return this.#store!
  }

  /**
   * What is written to a file that was removed, or that another has taken the place of, is gone with it. Looked at
   * before every transaction, which takes a hundred times as long.
   */
  #look(): void {
    if (!this.#handle) return
    if (identityOf(this.#file) !== this.#identity) this.#abandon()
  }

  #recover(failure: SqliteFailure): void {
    if (failure === 'full') this.#isFull = true
    if (failure !== 'io') return
    // After a failed fsync nobody knows what is on the disk (https://www.usenix.org/conference/atc20/presentation/rebello).
    this.#isSuspect = this.#hasFailed = true
    this.#abandon()
  }

  /** The next that needs the file opens it anew. */
  #abandon(): void {
    try {
      this.#handle?.close()
    } catch {
      // What can't be closed is given up.
    }
    this.#handle = this.#store = undefined
  }

  #openFile(): void {
    if (this.#store) return
    if (!this.#isOpen) throw new Error(`The inbox ${this.#file} is not open`)
    let database: SqliteDatabase | undefined
    try {
      this.#checkDisk()
      if (this.#identity && !identityOf(this.#file)) throw new Error('It is not there any more')
      database = new this.#class!(this.#file)
      configure(database)
      // Not in a process that serves: it had the file open already.
      if (!this.#identity) checkAfterFailure(database, this.#clock)
      database.exec('BEGIN IMMEDIATE')
      migrate(database)
      const offset = setClock(database, this.#clock)
      hold(database)
      database.exec('COMMIT')
      // What a commit has left in the log that failed, or was killed, is a duplicate to who sends it again.
      if (!checkpoint(database) && this.#isSuspect) throw new Error('A commit has failed')
      this.#isSuspect = false
      this.#identity = identityOf(this.#file)
      this.#measuredAt = -Infinity
      this.#store = new SqliteStore(database, () => offset + this.#clock.now())
      this.#handle = database
    } catch (error) {
      database?.close()
      throw new Error(`The inbox ${this.#file} can't be used: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }

  #checkDisk(): void {
    if (this.#options.unsafeVolatileDisk) return
    const reason = volatility(this.#file)
    if (reason) throw new Error(`${reason}. unsafeVolatileDisk: true takes it all the same`)
  }

  #sweep(ms: number): void {
    if (!this.#isOpen) return
    clearTimeout(this.#sweeping)
    this.#sweeping = setTimeout(() => {
      this.#writes
        .write(() => this.#open().sweep(this.#retention))
        .then(
          (more) => this.#sweep(more ? SWEEP_PAUSE_MS : SWEEP_MS),
          () => this.#sweep(SWEEP_MS),
        )
    }, ms)
    ;(this.#sweeping as { unref?: () => void }).unref?.()
  }
}

/** What a record takes at most: one of more than half a page has whole pages for itself. */
function bytesOf({ head, body }: InboxRecord): number {
  const pages = Math.ceil((head.length + body.length + ROW_BYTES) / PAGE_BYTES)
  return pages * PAGE_BYTES + ROW_BYTES
}
