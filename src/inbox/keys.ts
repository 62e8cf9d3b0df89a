import { messageOf } from '../errors.ts'
import type { Attempt, ReplayOptions, Run } from './engine.ts'
import type { StoreLog } from './store-log.ts'

/**
 * Remembers which records were worked on, for engines that can't tell duplicates, or not for long. Asked by the
 * worker and not before `put`: looking up and storing are two steps, between which another receiver stores.
 *
 * All of its methods but `claim` and `forget` do nothing for one whose claim has ended: another may work on the key.
 */
export interface KeyStore {
  /** Takes a key and counts that, in one step, unless it is done or taken by another. */
  claim(key: string, times: KeyTimes): Promise<KeyClaim | 'done' | 'busy'>
  /** Keeps the key for as many milliseconds from now: false if the claim has ended. Rejects if it can't ask. */
  extend(claim: KeyClaim, leaseMs: number): Promise<boolean>
  /** Remembers for `keepMs` that the work is done. */
  done(claim: KeyClaim, keepMs: number): Promise<void>
  /** Lets another attempt take the key, counted on if that is within `keepMs`. */
  release(claim: KeyClaim, options: KeyRelease): Promise<void>
  /** Forgets all of a key, so that its record is worked on again. */
  forget(key: string): Promise<void>
}

export interface KeyTimes {
  /** Milliseconds after which another may take the key, unless they are extended. */
  readonly leaseMs: number
  /** Milliseconds for which what is known of a key is kept, from the end of the lease. */
  readonly keepMs: number
}

export interface KeyClaim {
  readonly key: string
  /** Tells this claim from all others, of any process. */
  readonly fence: string
  /** How often the key was claimed, with this time. */
  readonly attempt: number
  /** What the last one who released it said of that. */
  readonly givenUp?: string
}

export interface KeyRelease {
  readonly keepMs: number
  /** Why there is nothing left to try, but to keep the record as a dead letter. */
  readonly givenUp?: string
}

/**
 * Lets a record through once within the window. What is busy comes again when its lease may have ended, as does what
 * nobody can tell of because the store is away. The attempts are those that the store has counted: the count of a
 * queue is also of calls that found the record busy, or reached nobody.
 */
export function withKeys(run: Run, keys: KeyStore, times: KeyTimes, log: StoreLog): Run {
  return async (record, attempt) => {
    const claim = await claimOf(keys, record.key, times, log)
    if (claim === 'done') return { kind: 'ack' }
    if ('reason' in claim) return { kind: 'retry', afterMs: times.leaseMs, ...claim }
    const verdict = await run(record, claimed(attempt, claim, keys))
    const { keepMs } = times
    try {
      await (verdict.kind === 'retry'
        ? keys.release(claim, { keepMs, ...givenUpIn(verdict) })
        : keys.done(claim, keepMs))
    } catch {
      // What is done is done: to say otherwise would have it done again for certain, and not only if it is delivered again.
    }
    return verdict
  }
}

async function claimOf(keys: KeyStore, key: string, times: KeyTimes, log: StoreLog) {
  try {
    const claim = await keys.claim(key, times)
    log.hasWork()
    return claim === 'busy' ? { reason: 'Another worker has it' } : claim
  } catch (error) {
    log.noWork(error)
    return { reason: `The store of keys can't be asked: ${messageOf(error)}` }
  }
}

/** The attempt at what both the queue and the store of keys have given. */
function claimed(attempt: Attempt, claim: KeyClaim, keys: KeyStore): Attempt {
  return {
    ...attempt,
    ...givenUpIn(claim),
    number: claim.attempt,
    async extend(ms) {
      const held = await Promise.all([attempt.extend?.(ms) ?? true, keys.extend(claim, ms)])
      return !held.includes(false)
    },
  }
}

const givenUpIn = ({ givenUp }: { readonly givenUp?: string }) =>
  givenUp === undefined ? {} : { givenUp }

/** Has what the engine puts back worked on again, and not taken for a duplicate. */
export function forgetting(keys: KeyStore | undefined): ReplayOptions {
  if (!keys) return {}
  return {
    async before(chosen) {
      for (const key of chosen) await keys.forget(key)
    },
  }
}
