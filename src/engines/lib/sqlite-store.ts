import type { DeadLetter, InboxRecord, ReplaySelection, Verdict } from '../../inbox/engine.ts'
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from './sqlite-binding.ts'
import { SqliteKeys } from './sqlite-keys.ts'
import { DEAD, DONE, first, TODO } from './sqlite-schema.ts'
import type { Transactions } from './write-queue.ts'

export interface Claimed {
  readonly record: InboxRecord
  readonly seq: number
  readonly attempts: number
  readonly fence: string
  /** Whether something of the same order with a higher sequence is done. */
  readonly stale: boolean
}

export interface Retention {
  /** Milliseconds for which the key of a finished record is known. */
  readonly windowMs: number
  /** For which its content is kept, so that it can be replayed. */
  readonly replayMs: number
  readonly deadMs: number
}

/** In one sweep: few enough for the commit to be quick. */
const SWEEP_ROWS = 250
/** At a time, when room is short: whoever puts is waiting. */
const FREE_ROWS = 100
const DEAD_PAGE = 100
/** What a key takes of a page of its index, and of the room that is left in that. */
const ENTRY_BYTES = 100
/** The place of no record. */
const NOWHERE = 0
/** In one transaction of a replay. */
const REPLAY_ROWS = 250
/**
 * What `toRecord` takes. Whole numbers that a double does not hold are not read by every binding, and one such row
 * would keep all of its claim from being worked on.
 */
const RECORD = `key, endpoint, CAST(received_at AS REAL) AS received_at, head, body, ordering,
  CAST(sequence AS REAL) AS sequence`

/** Parameters have no numbers: better-sqlite3 takes those for names. */
const insert = (waits: string) => `
  INSERT INTO inbox (seq, key, due, changed, endpoint, received_at, head, body, sequence, ordering, waits)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${waits})`
const INSERT = insert('0')
const INSERT_ORDERED = insert(`EXISTS (SELECT 1 FROM inbox WHERE state = ${TODO} AND ordering = ?)`)

/** The statements. All but the readings run inside a transaction of the caller's. */
export class SqliteStore implements Transactions {
  readonly #database: SqliteDatabase
  readonly #keys: SqliteKeys
  readonly #statements = new Map<string, SqliteStatement>()
  readonly #now: () => number

  constructor(database: SqliteDatabase, now: () => number, maxRecentKeys?: number) {
    this.#database = database
    this.#keys = new SqliteKeys(database, maxRecentKeys)
    this.#now = now
  }

  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE')
    this.#keys.begin()
  }

  commit(): void {
    this.#keys.beforeCommit()
    this.#database.exec('COMMIT')
    this.#keys.committed()
  }

  rollBack(): void {
    this.#keys.rolledBack()
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // Some failures have rolled it back already.
    }
  }

  put(record: InboxRecord, revive: boolean): 'stored' | 'duplicate' {
    const known = this.#keys.find(record.key)
    if (known !== undefined) {
      const isRevived = revive && this.#revive(`state = ${DEAD} AND seq = ?`, [known]) > 0
      return isRevived ? 'stored' : 'duplicate'
    }
    const { key, endpoint, receivedAt, head, body, order = null, sequence = null } = record
    const now = this.#now()
    const place = this.#keys.next
    const values = [place, key, now, now, endpoint, receivedAt, head, body, sequence, order]
    if (order === null) this.#run(INSERT, values)
    else this.#run(INSERT_ORDERED, [...values, order])
    this.#keys.add(key)
    return 'stored'
  }

  /** Gives out what is due, oldest first, and of each order only the first. Counts the attempt. */
  claim(limit: number, leaseMs: number): readonly Claimed[] {
    const now = this.#now()
    const fence = crypto.randomUUID()
    const rows = this.#all(
      `UPDATE inbox SET attempts = attempts + 1, fence = ?, due = ? WHERE seq IN (
         SELECT seq FROM inbox WHERE state = ${TODO} AND waits = 0 AND due <= ?
         ORDER BY due LIMIT ?)
       RETURNING seq, attempts, ${RECORD}`,
      [fence, now + leaseMs, now, limit],
    )
    return rows
      .toSorted((a, b) => Number(a['seq']) - Number(b['seq']))
      .map((row) => ({
        record: toRecord(row),
        seq: Number(row['seq']),
        attempts: Number(row['attempts']),
        fence,
        stale: this.#isStale(row),
      }))
  }

  #isStale({ ordering, sequence }: SqliteRow): boolean {
    if (ordering === null || sequence === null) return false
    const later = this.#all(
      `SELECT 1 FROM inbox
       WHERE state <> ${TODO} AND state = ${DONE} AND ordering = ? AND sequence > ? LIMIT 1`,
      [ordering as string, Number(sequence)],
    )
    return later.length > 0
  }

  /** False if the work has been taken away: the verdict then counts for nothing. */
  settle({ record: { order }, seq, fence }: Claimed, verdict: Verdict): boolean {
    const now = this.#now()
    if (verdict.kind === 'retry') {
      const delayed = this.#run(
        `UPDATE inbox SET due = ?, fence = NULL, reason = ? WHERE seq = ? AND fence = ? AND state = ${TODO}`,
        [now + Math.ceil(verdict.afterMs), verdict.reason, seq, fence],
      )
      if (delayed && order !== undefined) this.#lineUp(order)
      return delayed
    }
    const [state, reason] = verdict.kind === 'ack' ? [DONE, null] : [DEAD, verdict.reason]
    const settled = this.#run(
      `UPDATE inbox SET state = ?, reason = ?, fence = NULL, changed = ?
       WHERE seq = ? AND fence = ? AND state = ${TODO}`,
      [state, reason, now, seq, fence],
    )
    if (settled && order !== undefined) this.#advance(order)
    return settled
  }

  /**
   * Of what is still to be done of an order, all but the first wait, so that no worker has to look at those: what is
   * put goes to the end, and what ends lets the next one go. (A trigger would cost every delivery a savepoint.)
   */
  #advance(order: string): void {
    this.#run(
      `UPDATE inbox SET waits = 0 WHERE waits = 1 AND seq = (
         SELECT min(seq) FROM inbox WHERE state = ${TODO} AND ordering = ?)`,
      [order],
    )
  }

  /**
   * After records came back to their places, or one that was in work did. One that is in work stays the first, even
   * past its lease: two of one order would be worked on at once.
   */
  #lineUp(order: string): void {
    const [leading] = this.#all(
      `SELECT seq, fence FROM inbox WHERE state = ${TODO} AND ordering = ? AND waits = 0
       ORDER BY seq LIMIT 1`,
      [order],
    )
    if (leading && leading['fence'] !== null) return
    if (leading) this.#run('UPDATE inbox SET waits = 1 WHERE seq = ?', [Number(leading['seq'])])
    this.#advance(order)
  }

  extend({ seq, fence }: Claimed, ms: number): boolean {
    return this.#run(`UPDATE inbox SET due = ? WHERE seq = ? AND fence = ? AND state = ${TODO}`, [
      this.#now() + ms,
      seq,
      fence,
    ])
  }

  /**
   * Milliseconds until the next is due, be it new, delayed or a lease that ends. What waits for another of its order
   * waits for no time.
   */
  untilDue(): number | undefined {
    const [row] = this.#all(
      `SELECT CAST(min(due) AS REAL) AS due FROM inbox WHERE state = ${TODO} AND waits = 0`,
      [],
    )
    const due = row?.['due']
    return typeof due === 'number' || typeof due === 'bigint'
      ? Number(due) - this.#now()
      : undefined
  }

  *dead(): Generator<DeadLetter> {
    // By the place of the last one seen: the set changes while it is read.
    for (let after = 0; ;) {
      const rows = this.#all(
        `SELECT seq, reason, changed, ${RECORD} FROM inbox
         WHERE state = ${DEAD} AND seq > ? ORDER BY seq LIMIT ${DEAD_PAGE}`,
        [after],
      )
      for (const row of rows) {
        after = Number(row['seq'])
        yield { record: toRecord(row), reason: String(row['reason']), at: Number(row['changed']) }
      }
      if (rows.length < DEAD_PAGE) return
    }
  }

  /**
   * The keys of what a replay would put back now, by the page: if all were put back at once, who stores would wait.
   * What is settled meanwhile is not among them, and so nothing is put back twice.
   */
  *finished(selection: ReplaySelection): Generator<readonly string[]> {
    if ('keys' in selection) return yield selection.keys.filter((key) => this.#isFinished(key))
    // By the index, which only a condition leads to that says what it does.
    const latest = (state: number) =>
      `(SELECT coalesce(max(changed), 0) FROM inbox WHERE state <> ${TODO} AND state = ${state})`
    const { last, until } = this.#all(
      `SELECT (SELECT max(seq) FROM inbox) AS last, max(${latest(DONE)}, ${latest(DEAD)}) AS until`,
      [],
    )[0]!
    const [condition, value] =
      'dead' in selection ? ['state = ?', DEAD] : ['received_at >= ?', selection.since]
    const chosen = `state <> ${TODO} AND body IS NOT NULL AND changed <= ? AND ${condition}`
    const sameOrder = `SELECT key FROM inbox WHERE ordering = ? AND sequence IS NOT NULL AND ${chosen}`
    const seen = new Set<unknown>()
    // In the order of their places, for what is put back is worked on before all are.
    for (let after = 0; after < Number(last);) {
      const rows = this.#all(
        `SELECT seq, key, CASE WHEN sequence IS NOT NULL THEN ordering END AS ordering, ${chosen} AS chosen
         FROM inbox WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${REPLAY_ROWS}`,
        [Number(until), value, after, Number(last)],
      )
      after = rows.length > 0 ? Number(rows.at(-1)!['seq']) : Infinity
      const keys = new Set<string>()
      for (const { key, ordering } of rows.filter((row) => row['chosen'])) {
        keys.add(key as string)
        if (ordering === null || seen.has(ordering)) continue
        seen.add(ordering)
        // All of an order at once: next to one that is still done and comes after it, the first would be stale.
        const others = this.#all(sameOrder, [ordering as string, Number(until), value])
        for (const other of others) keys.add(other['key'] as string)
      }
      yield [...keys]
    }
  }

  #isFinished(key: string): boolean {
    const finished = `state <> ${TODO} AND body IS NOT NULL`
    const found = `SELECT 1 FROM inbox WHERE ${finished} AND seq = ?`
    return this.#all(found, [this.#keys.find(key) ?? NOWHERE]).length > 0
  }

  /** How many there were. */
  putBack(keys: readonly string[]): number {
    const finished = `state <> ${TODO} AND seq = ?`
    return keys.filter((key) => this.#revive(finished, [this.#keys.find(key) ?? NOWHERE])).length
  }

  /** Forgets a batch of what is past its time; true if there may be more. Never what is still to be done. */
  sweep({ windowMs, replayMs, deadMs }: Retention): boolean {
    const now = this.#now()
    const more = this.#keys.bringIn()
    const swept = [
      this.#empty(SWEEP_ROWS, now - replayMs),
      this.#forget(`state = ${DONE}`, SWEEP_ROWS, now - windowMs),
      this.#forget(`state = ${DEAD}`, SWEEP_ROWS, now - deadMs),
    ]
    return more || swept.some((rows) => rows === SWEEP_ROWS)
  }

  /**
   * Makes room before its time: of the oldest that are done the content, and when none has any, their keys. False
   * if nothing is left but what is still to be done, or dead.
   */
  free(): boolean {
    if (this.#empty(FREE_ROWS, Infinity) > 0) return true
    // The content of what is not in the index yet can't go.
    if (this.#keys.pending > 0) {
      this.#keys.bringIn()
      return true
    }
    return this.#forget(`state = ${DONE} AND body IS NULL`, FREE_ROWS, Infinity) > 0
  }

  /**
   * Keeps of what is done the key. The rows move to the front of the table, close to each other: in its place, a
   * row that is made smaller frees no page.
   */
  #empty(limit: number, before: number): number {
    return this.#changes(
      `UPDATE inbox SET seq = -seq, head = '', body = NULL WHERE seq IN (
         SELECT seq FROM inbox WHERE state = ${DONE} AND body IS NOT NULL AND changed < ? AND seq <= ?
         ORDER BY changed LIMIT ?)`,
      [before, this.#keys.indexed, limit],
    )
  }

  /** `state <> TODO` says nothing more, and leads to the index. */
  #forget(condition: string, limit: number, before: number): number {
    const forgotten = this.#all(
      `DELETE FROM inbox WHERE seq IN (
         SELECT seq FROM inbox WHERE state <> ${TODO} AND ${condition} AND changed < ? AND seq <= ?
         ORDER BY changed LIMIT ?)
       RETURNING key`,
      [before, this.#keys.indexed, limit],
    )
    for (const { key } of forgotten) {
      this.#run('DELETE FROM inbox_places WHERE key = ?', [key as string])
    }
    return forgotten.length
  }

  isEmpty(): boolean {
    return this.#all('SELECT 1 FROM inbox LIMIT 1', []).length === 0
  }

  /** Bytes in use. Room that was freed counts as free, though the file keeps it. */
  size(): number {
    const pages = Number(first(this.#database, 'PRAGMA page_count'))
    const free = Number(first(this.#database, 'PRAGMA freelist_count'))
    const used = (pages - free) * Number(first(this.#database, 'PRAGMA page_size'))
    return used + this.#keys.pending * ENTRY_BYTES
  }

  /** What has lost its content can't be worked on again. Places are those from when it was stored. */
  #revive(condition: string, values: readonly SqliteValue[]): number {
    const revived = this.#all(
      `UPDATE inbox SET state = ${TODO}, due = ?, attempts = 0, fence = NULL, reason = NULL,
         waits = ordering IS NOT NULL
       WHERE body IS NOT NULL AND ${condition} RETURNING ordering`,
      [this.#now(), ...values],
    )
    for (const order of new Set(revived.map(({ ordering }) => ordering))) {
      if (order !== null) this.#lineUp(order as string)
    }
    return revived.length
  }

  #run(sql: string, values: readonly SqliteValue[]): boolean {
    return this.#changes(sql, values) > 0
  }
  #changes(sql: string, values: readonly SqliteValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }
  #all(sql: string, values: readonly SqliteValue[]): readonly SqliteRow[] {
    return this.#prepared(sql).all(...values) as readonly SqliteRow[]
  }
  #prepared(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql)
    if (!statement) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }
}

function toRecord(row: SqliteRow): InboxRecord {
  const { key, endpoint, received_at: receivedAt, head, body, ordering, sequence } = row
  return {
    key: key as string,
    endpoint: endpoint as string,
    receivedAt: Number(receivedAt),
    head: head as string,
    body: new Uint8Array((body ?? []) as Uint8Array),
    ...(ordering !== null && { order: ordering as string }),
    ...(sequence !== null && { sequence: Number(sequence) }),
  }
}
