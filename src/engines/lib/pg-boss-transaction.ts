import { messageOf } from '../../errors.ts'
import type { Verdict } from '../../inbox/engine.ts'
import type { PgBossDatabase, PgBossTransaction } from './pg-boss-types.ts'

/** The transaction of an attempt, as `context.transaction` is. It begins with the first statement. */
export interface HandlerTransaction extends PgBossDatabase {
  /** As `query` of a client of `pg`. Rejects once the attempt is over. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** The wait after a transaction that could not be committed. */
const FAILURE_PAUSE_MS = 1000

/** Counts for nothing, unless this process has it again. */
const TAKEN_AWAY: Verdict = { kind: 'retry', afterMs: 0, reason: 'Its lease has ended' }

/** Commits what a handler has written with the end of its work, or not at all. */
export class AttemptTransaction implements HandlerTransaction {
  readonly #begin: () => Promise<PgBossTransaction>
  #transaction: Promise<PgBossTransaction> | undefined
  #ended: Promise<Verdict | undefined> | undefined

  constructor(begin: () => Promise<PgBossTransaction>) {
    this.#begin = begin
  }

  async query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    if (this.#ended) throw new Error('The attempt is over, and its transaction with it')
    const { db } = await (this.#transaction ??= this.#begin())
    return db.executeSql(text, values)
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.query(text, values)
  }

  /**
   * Ends it, once.
   *
   * @param complete false if the work has been taken away: what the handler has written must not stay
   * @returns the verdict that is left to be written
   */
  end(
    verdict: Verdict,
    complete: (db: PgBossDatabase) => Promise<boolean>,
  ): Promise<Verdict | undefined> {
    return (this.#ended ??= this.#end(verdict, complete))
  }

  async #end(
    verdict: Verdict,
    complete: (db: PgBossDatabase) => Promise<boolean>,
  ): Promise<Verdict | undefined> {
    const transaction = await this.#transaction?.catch(() => undefined)
    if (!transaction) return verdict
    try {
      if (verdict.kind !== 'ack') return verdict
      if (!(await complete(transaction.db))) return TAKEN_AWAY
      await transaction.commit()
      return undefined
    } catch (error) {
      // If it was committed after all, the job is done, and this verdict counts for nothing.
      const reason = `What it has written could not be committed: ${messageOf(error)}`
      return { kind: 'retry', afterMs: FAILURE_PAUSE_MS, reason }
    } finally {
      await transaction.rollback()
    }
  }
}
