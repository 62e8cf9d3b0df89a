/** What runs statements: the connections of an instance, or one of its transactions. */
export interface PgBossDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

export interface PgBossTransaction {
  readonly db: PgBossDatabase
  commit(): Promise<void>
  /** Never rejects, and may be called more than once. */
  rollback(): Promise<void>
}

/** A job in the hands of one worker. Calls that name it so do nothing when another has it by now. */
export interface PgBossAttempt {
  readonly id: string
  readonly retryCount: number
}

export interface PgBossJob {
  readonly id: string
  readonly data: object
  readonly singletonKey?: string
}

interface InTransaction {
  readonly db?: PgBossDatabase
}

/** The part of a `PgBoss` instance of pg-boss 12 in use (https://pgboss.io/api). */
export interface PgBossInstance {
  start(): Promise<unknown>
  stop(): Promise<void>
  getDb(): PgBossDatabase & {
    readonly opened?: boolean
    beginTransaction?(): Promise<PgBossTransaction>
  }
  createQueue(name: string, options: object): Promise<void>
  updateQueue(name: string, options: object): Promise<void>
  getQueue(name: string): Promise<{ readonly policy?: string } | null>
  insert(
    name: string,
    jobs: PgBossJob[],
    options: InTransaction & { readonly returnId: true },
  ): Promise<string[] | null>
  fetch(
    name: string,
    options: { readonly batchSize: number },
  ): Promise<readonly (PgBossAttempt & { readonly data: unknown })[]>
  complete(
    name: string,
    jobs: PgBossAttempt | PgBossAttempt[],
    output: object | null,
    options: InTransaction,
  ): Promise<object>
  fail(
    name: string,
    jobs: PgBossAttempt | PgBossAttempt[],
    output: object,
    options: InTransaction,
  ): Promise<object>
  touch(name: string, job: PgBossAttempt): Promise<object>
  update(
    name: string,
    data: undefined,
    options: InTransaction & { readonly id: string; readonly startAfter: number },
  ): Promise<object>
  deleteJob(name: string, ids: string[], options: InTransaction): Promise<object>
}
