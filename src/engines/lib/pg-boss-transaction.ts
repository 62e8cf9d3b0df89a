import type { PgBossDatabase, PgBossTransaction } from './pg-boss-types.ts'

/** The transaction of an attempt, as `context.transaction` is. It begins with the first statement. */
export interface HandlerTransaction extends PgBossDatabase {
  /** As `query` of a client of `pg`. Rejects once the attempt is over. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** Commits what a handler has written with the end of its work, or not at all. */
export class AttemptTransaction implements HandlerTransaction {
  readonly #begin: () => Promise<PgBossTransaction>
  readonly #complete: (db: PgBossDatabase) => Promise<boolean>
  #transaction: Promise<PgBossTransaction> | undefined
  #ended: Promise<boolean> | undefined

  /** @param complete marks the work as done; false if it has been taken away: what was written must not stay */
  constructor(
    begin: () => Promise<PgBossTransaction>,
    complete: (db: PgBossDatabase) => Promise<boolean>,
  ) {
    this.#begin = begin
    this.#complete = complete
  }

  async query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    if (this.#ended) throw over()
    const { db } = await (this.#transaction ??= this.#begin())
    return db.executeSql(text, values)
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.query(text, values)
  }

  /** Once. If it rejects though it was committed after all, the job is done, and no other verdict counts. */
  async commit(): Promise<void> {
    if (this.#ended) throw over()
    await (this.#ended = this.#end(true))
  }

  /**
   * Undoes what is not committed by then. Whether the work is marked as done: where the commit has failed, who called
   * it knows, and what can't be rolled back ends with its connection.
   */
  end(): Promise<boolean> {
    return (this.#ended ??= this.#end(false)).catch(() => false)
  }

  async #end(isDone: boolean): Promise<boolean> {
    const transaction = await this.#transaction
    if (!transaction) return false
    try {
      if (!isDone) return false
      if (!(await this.#complete(transaction.db))) throw new Error('Its lease has ended')
      await transaction.commit()
      return true
    } finally {
      await transaction.rollback()
    }
  }
}

const over = () => new Error('The attempt is over, and its transaction with it')
