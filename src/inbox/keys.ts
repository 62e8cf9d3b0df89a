import { messageOf } from '../errors.ts'
import type { Run } from './engine.ts'

/**
 * Remembers which records were worked on, for engines that can't tell duplicates, or not for long. Asked by the
 * worker and not before `put`: looking up and storing are two steps, between which another receiver stores.
 */
export interface KeyStore {
  /** Takes a key for `leaseMs`, in one step, unless it is done or taken by another. */
  claim(key: string, leaseMs: number): Promise<'claimed' | 'done' | 'busy'>
  /** Remembers for `keepMs` that the work is done. */
  done(key: string, keepMs: number): Promise<void>
  /** Lets another attempt take the key. */
  release(key: string): Promise<void>
}

export interface KeysOptions {
  readonly leaseMs: number
  readonly keepMs: number
}

/**
 * Lets a record through once within the window. What is busy comes again when its lease may have ended, as does what
 * nobody can tell of because the store is away.
 */
export function withKeys(run: Run, keys: KeyStore, { leaseMs, keepMs }: KeysOptions): Run {
  return async (record, attempt) => {
    const claim = await claimOf(keys, record.key, leaseMs)
    if (claim === 'done') return { kind: 'ack' }
    if (claim !== 'claimed') return { kind: 'retry', afterMs: leaseMs, ...claim }
    const verdict = await run(record, attempt)
    const { key } = record
    try {
      await (verdict.kind === 'retry' ? keys.release(key) : keys.done(key, keepMs))
    } catch {
      // What is done is done: to say otherwise would have it done again for certain, and not only if it is delivered again.
    }
    return verdict
  }
}

async function claimOf(keys: KeyStore, key: string, leaseMs: number) {
  try {
    const claim = await keys.claim(key, leaseMs)
    return claim === 'busy' ? { reason: 'Another worker has it' } : claim
  } catch (error) {
    return { reason: `The store of keys can't be asked: ${messageOf(error)}` }
  }
}
