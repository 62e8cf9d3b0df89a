import type { InboxRecord, Run } from './engine.ts'

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

/** Lets a record through once within the window. What is busy comes again when its lease may have ended. */
export function withKeys(run: Run, keys: KeyStore, { leaseMs, keepMs }: KeysOptions): Run {
  return async (record, attempt) => {
    const claim = await claimed(keys, record, leaseMs)
    if (claim !== 'claimed') return claim
    const verdict = await run(record, attempt)
    await (verdict.kind === 'retry' ? keys.release(record.key) : keys.done(record.key, keepMs))
    return verdict
  }
}

async function claimed(keys: KeyStore, { key }: InboxRecord, leaseMs: number) {
  const claim = await keys.claim(key, leaseMs)
  if (claim === 'claimed') return claim
  if (claim === 'done') return { kind: 'ack' } as const
  const reason = 'Another worker has it'
  return { kind: 'retry', afterMs: leaseMs, reason } as const
}
