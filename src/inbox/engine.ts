import type { Provider } from '../types.ts'

/** What an engine keeps of a task: enough to work on it in another process, after a restart, or on another machine. */
export interface InboxRecord {
  /** What duplicates are told by: 43 characters of base64url, whatever the sender's ids look like. */
  readonly key: string
  /** The name of the handler it is for. */
  readonly endpoint: string
  /** When the delivery was received, in milliseconds since 1970. */
  readonly receivedAt: number
  /** What is known of the event, as JSON. Holds no header but the listed ones, and no secret. */
  readonly head: string
  /** The raw body; of an item of a batch, its JSON. */
  readonly body: Uint8Array
  /** Records of one order are worked on one after the other, as they came in. */
  readonly order?: string
  /** Of two of one order, what happened later has the higher one. */
  readonly sequence?: number
}

/** What became of an attempt. */
export type Verdict =
  | { readonly kind: 'ack' }
  /** `afterMs` is a wish where `capabilities.retryAfter` says so. */
  | {
      readonly kind: 'retry'
      readonly afterMs: number
      readonly reason: string
      /** Why the work itself is not tried again, if the record is given up but could not be kept. */
      readonly givenUp?: string
    }
  | { readonly kind: 'dead'; readonly reason: string }

export interface Attempt {
  /** From 1; counted when the work is given out, so that one that ends the process counts too. */
  readonly number: number
  /** Aborted when the engine has taken the work away: its verdict would count for nothing. */
  readonly signal?: AbortSignal
  /** Keeps the work for as many milliseconds from now: false if it has been taken away. Rejects if it can't ask. */
  readonly extend?: (ms: number) => Promise<boolean>
  /** Why the record is given up already: it is only to be kept as a dead letter. */
  readonly givenUp?: string
  /** Whether something of the same order with a higher sequence is done already. */
  readonly stale?: boolean
  /** What effects may write in, so that it lasts if their work is marked as done, and not else. */
  readonly transaction?: unknown
  /**
   * Commits the `transaction`, and with it that the work is done. Called when the effect has ended well, before
   * anything is said of it; a rejection makes the attempt a failed one. What is not committed is undone.
   */
  readonly commit?: () => Promise<void>
}

/** Works on a record. Never rejects. */
export type Run = (record: InboxRecord, attempt: Attempt) => Promise<Verdict>

/** What an engine can and can't do. Gaps are filled, or refused when the handler is created. */
export interface Capabilities {
  /** What a record that was put survives: the power cut of a machine, its loss, or not even the process. */
  readonly durable: 'disk' | 'replicated' | 'memory'
  readonly dedupe: {
    /** Seconds after which a key may be taken again. 0: at once. */
    readonly windowSeconds: number
    /** Whether `put` says that a record is a duplicate. */
    readonly tells: boolean
  }
  /** The longest body, in bytes. */
  readonly maxBytes: number
  readonly retryAfter: 'exact' | 'hint' | 'none'
  /** Seconds that one attempt may take at most. */
  readonly maxRunSeconds: number
  /** Whether `order` is kept. */
  readonly order: boolean
  /** Whether it tells what is `stale`. @default false */
  readonly sequence?: boolean
}

export interface PutOptions {
  /** Aborted when nobody waits for the answer any more. The record may be stored all the same. */
  readonly signal?: AbortSignal
}

export interface WorkOptions {
  /** Records worked on at a time. */
  readonly concurrency: number
  /** Milliseconds after which work that nobody extended is given to another. */
  readonly leaseMs: number
}

export interface Worker {
  /** Takes no more work; resolves when all that is under way has its verdict. */
  stop(): Promise<void>
}

export interface DeadLetter {
  readonly record: InboxRecord
  readonly reason: string
  /** When it was given up, in milliseconds since 1970. */
  readonly at: number
}

/** Which records to work on again: dead ones, some by their keys, or all that were stored since a time. */
export type ReplaySelection =
  | { readonly dead: true }
  | { readonly keys: readonly string[] }
  | { readonly since: number }

export interface ReplayOptions {
  /** Is told the keys of records, and waited for, before they can be worked on: what has to forget them does so. */
  readonly before?: (keys: readonly string[]) => Promise<void>
}

/** Records that were given up, as they were kept elsewhere than in the engine. */
export interface RecordSelection {
  readonly records: readonly InboxRecord[]
}

/** How a queue calls back: as a sender of webhooks, whose deliveries hold a record. */
export interface PushSide {
  /** Verifies the call, and knows what answer means what to the queue. */
  readonly provider: Provider
  /** The record in the payload of a call, and which attempt it is. */
  decode(payload: unknown, headers: { get(name: string): string | null }): PushedWork
}

export interface PushedWork {
  readonly record: InboxRecord
  readonly attempt: Attempt
}

/**
 * A store or a queue behind an inbox. `webhook-target/testing` has the suite that every engine has to pass. Where
 * it only pushes it has no `work`, and the other way round.
 */
export interface Engine {
  /** For messages: `sqlite`. */
  readonly name: string
  readonly capabilities: Capabilities
  /** What tells the store from any other in this process, once it is open. */
  readonly store?: string | undefined
  /** Rejects if the store can't be used. Called before anything else. */
  open(): Promise<void>
  /** Resolves only when the record would survive what `capabilities.durable` says, or is there already. */
  put(record: InboxRecord, options?: PutOptions): Promise<'stored' | 'duplicate'>
  work?(run: Run, options: WorkOptions): Promise<Worker>
  readonly push?: PushSide
  /** Keeps a record whose work was given up, where the queue itself has no place for it. */
  bury?(record: InboxRecord, reason: string): Promise<void>
  /** Stores a record once more, though its key may be known: one that was kept by `bury`. */
  putBack?(record: InboxRecord): Promise<void>
  /** Oldest first. */
  dead?(): AsyncIterable<DeadLetter>
  /** Puts records back to work, past their window; how many there were. */
  replay?(selection: ReplaySelection, options?: ReplayOptions): Promise<number>
  close(): Promise<void>
}
