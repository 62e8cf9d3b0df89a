import type { SqliteDatabase, SqliteRow, SqliteStatement } from './sqlite-binding.ts'

/** How many keys are held in memory before they come into the index: 3 MB. */
const MAX_RECENT = 32_768
/** In how many transactions they do. */
const STEPS = 64
/** What an entry takes of a page, and of the room that is left in it. */
const ENTRY_BYTES = 100

/**
 * The places of records by their keys. Those are hashes: an index that every key comes into by itself has a page
 * changed, and written twice, for each, which takes longer than all else about a delivery. So the latest keys are held
 * in memory, and come into the index by the thousand and in their order, many to a page.
 *
 * What has a place past the one in `inbox_indexed` may not be in the index yet. A process reads that from the records
 * when it opens the file, and when another has stored some: no such record may move or go. All of this is done within
 * transactions that begin by locking the file for writing, and so two processes can't store the same key.
 */
export class SqliteKeys {
  readonly #statements: Readonly<
    Record<'places' | 'latest' | 'find' | 'insert' | 'end', SqliteStatement>
  >
  readonly #maxRecent: number
  /** Place by key, in the order of the places. */
  readonly #recent = new Map<string, number>()
  /** Up to where all are in the index, and up to where they have been seen. */
  #indexed = 0
  #last = 0
  #inTransaction = false
  /** Whether `recent` has what other processes have stored; within a transaction they can't store more. */
  #isCurrent = false
  /** What the transaction has added, where it began, and whether keys have left `recent` in it. */
  #added: string[] = []
  #lastBefore = 0
  #hasLeft = false
  /** What is coming into the index, and what place that leads to. */
  #steps: string[][] = []
  #stepsEnd = 0

  constructor(database: SqliteDatabase, maxRecent: number = MAX_RECENT) {
    this.#maxRecent = maxRecent
    this.#statements = {
      places: database.prepare(
        'SELECT place AS indexed, (SELECT max(seq) FROM inbox) AS last FROM inbox_indexed',
      ),
      latest: database.prepare('SELECT seq, key FROM inbox WHERE seq > ? ORDER BY seq'),
      find: database.prepare('SELECT seq FROM inbox_places WHERE key = ?'),
      insert: database.prepare('INSERT OR IGNORE INTO inbox_places (key, seq) VALUES (?, ?)'),
      end: database.prepare('UPDATE inbox_indexed SET place = max(place, ?)'),
    }
  }

  /** Where the record was stored that has this key, if its key is not forgotten. */
  find(key: string): number | undefined {
    this.#catchUp()
    const place = this.#recent.get(key)
    if (place !== undefined) return place
    const row = this.#statements.find.get(key) as SqliteRow | null | undefined
    return row ? Number(row['seq']) : undefined
  }

  /** Bytes that the index will grow by. */
  get pending(): number {
    this.#catchUp()
    return this.#recent.size * ENTRY_BYTES
  }

  /** Up to this place records may move or go. Within a transaction, after it was caught up. */
  get indexed(): number {
    return this.#indexed
  }

  /** A place that no record has ever had. Within a transaction, after it was caught up. */
  get next(): number {
    return this.#last + 1
  }

  /** For a key that was not known, once its record is at `next`. */
  add(key: string): void {
    this.#recent.set(key, this.next)
    this.#last = this.next
    this.#added.push(key)
  }

  begin(): void {
    this.#inTransaction = true
  }

  /** Called before a transaction that stores is committed. */
  beforeCommit(): void {
    const isDue = this.#steps.length > 0 || this.#recent.size >= this.#maxRecent
    if (this.#added.length > 0 && isDue) this.bringIn()
  }

  committed(): void {
    this.#end()
  }

  rolledBack(): void {
    if (this.#hasLeft) {
      // They are not in the index either.
      this.#recent.clear()
      this.#indexed = this.#last = 0
    } else if (this.#added.length > 0) {
      for (const key of this.#added) this.#recent.delete(key)
      this.#last = this.#lastBefore
    }
    this.#steps = []
    this.#end()
  }

  #end(): void {
    this.#inTransaction = this.#isCurrent = this.#hasLeft = false
    this.#added = []
  }

  /** One step of bringing the recent keys into the index; true if there are more. */
  bringIn(): boolean {
    this.#catchUp()
    if (this.#steps.length === 0) this.#plan()
    // In their order, so that those of the same page follow each other.
    for (const key of this.#steps.at(-1)?.toSorted() ?? []) {
      const place = this.#recent.get(key)
      // Another process may have brought it in meanwhile.
      if (place !== undefined) this.#statements.insert.run(key, place)
    }
    this.#steps.pop()
    if (this.#steps.length > 0) return true
    this.#statements.end.run(this.#stepsEnd)
    this.#leave(this.#stepsEnd)
    this.#hasLeft = true
    return false
  }

  /** Afterwards every record may move or go. */
  bringInAll(): void {
    do this.bringIn()
    while (this.#recent.size > 0)
  }

  #plan(): void {
    const count = Math.min(STEPS, Math.ceil((this.#recent.size * STEPS) / this.#maxRecent))
    this.#steps = Array.from({ length: count }, () => [])
    // Keys are base64url: with 64 steps, each is a range of them.
    for (const key of this.#recent.keys()) this.#steps[key.charCodeAt(0) % count]!.push(key)
    this.#stepsEnd = this.#last
  }

  #catchUp(): void {
    if (this.#isCurrent) return
    const { indexed, last } = this.#statements.places.get() as SqliteRow
    this.#leave(Number(indexed))
    if (Number(last) > this.#last) {
      for (const row of this.#statements.latest.all(this.#last) as readonly SqliteRow[]) {
        this.#recent.set(row['key'] as string, Number(row['seq']))
      }
      this.#last = Number(last)
    }
    this.#lastBefore = this.#last
    this.#isCurrent = this.#inTransaction
  }

  /** All up to this place are in the index. */
  #leave(indexed: number): void {
    if (indexed <= this.#indexed) return
    this.#indexed = indexed
    this.#last = Math.max(this.#last, indexed)
    for (const [key, place] of this.#recent) {
      if (place > indexed) break
      this.#recent.delete(key)
    }
  }
}
