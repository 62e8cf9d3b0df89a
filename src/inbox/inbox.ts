import type { AcceptTask, Inbox, WorkingEndpoint } from '../endpoint.ts'
import { configurationError, messageOf } from '../errors.ts'
import { stored } from '../outcomes.ts'
import type { HostContext, WebhookHandler } from '../types.ts'
import { Acceptance } from './acceptance.ts'
import { createConsumer, withBurial } from './consumer.ts'
import type {
  DeadLetter,
  Engine,
  InboxRecord,
  RecordSelection,
  ReplaySelection,
  Run,
  Worker,
} from './engine.ts'
import { checkKeys } from './key-check.ts'
import { forgetting, withKeys } from './keys.ts'
import { compileOptions, type InboxOptions, type InboxSettings } from './options.ts'
import { createRun } from './run.ts'
import { share } from './sharing.ts'
import { StoreLog } from './store-log.ts'
import { Waiting } from './waiting.ts'

/** What an engine gives its user: the `inbox` of a handler, and what operators need. */
export interface EngineInbox extends Inbox {
  readonly engine: Engine
  /**
   * The endpoint that a queue calls with what it was given: mount it beside the handlers.
   *
   * @throws {TypeError} `ERR_OPTION_INVALID` if the engine pulls
   */
  consumer(): WebhookHandler
  /** What was given up, oldest first. */
  dead(): AsyncIterable<DeadLetter>
  /**
   * Puts records back to work, duplicates or not; how many there were. Where the engine keeps no dead letters, give it
   * the `records` of those that were kept elsewhere; after an error, those before it are back.
   *
   * @throws {TypeError} `ERR_OPTION_INVALID` if the engine has no such selection
   */
  replay(selection: ReplaySelection | RecordSelection): Promise<number>
}

/** How long those are waited with whose work is under way when it stops: less than servers take to drain. */
const MAX_STOP_MS = 5000
/**
 * Makes an engine an inbox: persist, then acknowledge.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function createInbox(engine: Engine, options: InboxOptions = {}): EngineInbox {
  const settings = compileOptions(engine.name, engine.capabilities, options)
  return new StoringInbox(engine, settings)
}

class StoringInbox implements EngineInbox {
  readonly engine: Engine
  readonly #settings: InboxSettings
  readonly #run: Run
  readonly #endpoints = new Map<string, WorkingEndpoint>()
  readonly #waiting = new Waiting()
  readonly #acceptance: Acceptance
  #host: HostContext = {}
  /** Whether anybody has said what this process is for. */
  #hosted = false
  #opened: Promise<void> | undefined
  #release: (() => void) | undefined
  /** Whether it was closed: only who opens it, or works, opens it again. A delivery that comes late does not. */
  #closed = false
  #worker: Promise<Worker> | undefined

  constructor(engine: Engine, settings: InboxSettings) {
    this.engine = engine
    this.#settings = settings
    const work = createRun({
      endpoints: this.#endpoints,
      settings,
      host: () => this.#host,
      onResult: ({ key }, result) => this.#waiting.end(key, result),
    })
    // Before its key counts as done: what can't be kept must come again.
    const run = withBurial(this.#waiting.counted(work), engine)
    const { keys, keepKeysMs: keepMs, leaseMs } = settings
    const log = new StoreLog(`The store of keys of ${engine.name}`)
    this.#run = this.#waiting.answered(keys ? withKeys(run, keys, { leaseMs, keepMs }, log) : run)
    this.#acceptance = new Acceptance({
      engine,
      settings,
      waiting: this.#waiting,
      open: () => this.#open(),
      works: () => this.#worker !== undefined,
      onStored: () => this.#checkHost(),
    })
  }

  get name(): string {
    return this.engine.name
  }
  get pulls(): boolean {
    return this.engine.work !== undefined
  }

  bind(endpoint: WorkingEndpoint): AcceptTask {
    const { name } = endpoint
    if (this.#endpoints.has(name)) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        `Two handlers share an inbox and the name ${name}: give one of them a "name" of its own`,
      )
    }
    if (endpoint.acknowledge === 'processed' && !this.pulls) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        `acknowledge: 'processed' needs work in this process, and ${this.name} calls another: use 'stored'`,
      )
    }
    this.#endpoints.set(name, endpoint)
    return (task, budget) => this.#acceptance.accept(task, endpoint, budget)
  }

  async open(): Promise<void> {
    const waiting = [...this.#endpoints.values()].find(
      ({ acknowledge }) => acknowledge === 'processed',
    )
    if (waiting && !this.#worker) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        `The handler ${waiting.name} has acknowledge: 'processed', and this process does no work for it to wait for`,
      )
    }
    this.#hosted = true
    this.#closed = false
    await this.#open()
    if (!this.pulls) this.#checkKeys()
  }

  /** Once; but after a failure the next delivery tries again. */
  #open(): Promise<void> {
    if (this.#closed) return Promise.reject(new Error(CLOSED))
    return (this.#opened ??= this.#openStore().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    }))
  }

  async #openStore(): Promise<void> {
    await this.engine.open()
    try {
      const { store } = this.engine
      if (store !== undefined) this.#release = share(store, { handlers: this.#endpoints })
    } catch (error) {
      await this.engine.close()
      throw error
    }
  }

  async work(host: HostContext = {}): Promise<void> {
    this.#host = host
    this.#hosted = true
    this.#closed = false
    await this.#open()
    if (this.#closed) throw new Error(CLOSED)
    this.#checkKeys()
    const { concurrency, leaseMs } = this.#settings
    await (this.#worker ??= this.engine.work?.(this.#run, { concurrency, leaseMs }))
  }

  /** Not waited for: without it nothing is worked on, but deliveries can be stored. */
  #checkKeys(): void {
    const { keys } = this.#settings
    if (!keys) return
    void checkKeys(keys).catch((error: unknown) => {
      console.warn(
        `${this.name} works on nothing as long as its store of keys can't be used: ${messageOf(error)}`,
      )
    })
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    // Those whose work has not begun would wait for what nobody begins any more. What they wait for is stored.
    this.#waiting.endThoseNotBegun(stored)
    const timer = setTimeout(() => this.#waiting.endAll(stored), MAX_STOP_MS)
    try {
      await (await worker)?.stop()
    } finally {
      clearTimeout(timer)
      this.#waiting.endAll(stored)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    // What is being opened could not be closed, and would go on.
    await this.#opened?.catch(() => undefined)
    await this.stop()
    await this.engine.close()
    this.#release?.()
    this.#opened = undefined
  }

  consumer(): WebhookHandler {
    return createConsumer(this.engine, this.#run, () => this.#open())
  }

  dead(): AsyncIterable<DeadLetter> {
    if (this.engine.dead) return this.engine.dead()
    throw configurationError('ERR_OPTION_INVALID', `${this.name} does not list its dead letters`)
  }

  async replay(selection: ReplaySelection | RecordSelection): Promise<number> {
    if ('records' in selection) return await this.#putBack(selection.records)
    const { engine } = this
    if (engine.replay) return await engine.replay(selection, forgetting(this.#settings.keys))
    throw configurationError(
      'ERR_OPTION_INVALID',
      `${this.name} keeps no dead letters: give the "records" of what was kept`,
    )
  }

  async #putBack(records: readonly InboxRecord[]): Promise<number> {
    const { engine } = this
    if (!engine.putBack) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        `${this.name} keeps its dead letters itself: name their "keys", or all that are "dead"`,
      )
    }
    await this.#open()
    for (const record of records) {
      // Before: it may be worked on at once.
      await this.#settings.keys?.forget(record.key)
      await engine.putBack(record)
    }
    return records.length
  }

  /** What is stored where nobody works on it looks like a success for ever. */
  #checkHost(): void {
    if (this.#hosted || !this.pulls) return
    this.#hosted = true
    console.warn(
      `${this.name} stores deliveries, and this process does not work on them: call inbox.work(), or inbox.open() if another process does. serve() would`,
    )
  }
}

const CLOSED = 'The inbox was closed'
