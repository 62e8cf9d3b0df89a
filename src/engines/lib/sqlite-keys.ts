import type { SqliteDatabase, SqliteRow, SqliteStatement } from './sqlite-binding.ts'

/** How many keys are held in memory before they come into the index: 3 MB, and as much again for every other process. */
const MAX_RECENT = 32_768
/** In how many transactions they do. */
const STEPS = 64
/** Where transactions fail or processes end again and again, so that no plan is carried out. */
const MAX_LATE = 3
/** Keys are base64url; this is its alphabet in the order that SQLite sorts by. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'

/** Keys that come into the index, a step in each transaction, and the last place of them. */
interface Plan {
  readonly steps: readonly (readonly string[])[]
  readonly end: number
  done: number
}

/**
 * The places of records by their keys. Those are hashes: an index that every key comes into by itself has a page
 * changed, and written twice, for each, which takes longer than all else about a delivery. So the latest keys are held
 * in memory, and come into the index by the thousand and in their order, many to a page.
 *
 * What has a place past the one in `inbox_indexed` may not be in the index yet. A process reads that from the records
 * when it opens the file, and when another has stored some: no such record may move or go. Keys are looked up and added
 * within transactions that begin by locking the file for writing, and so two processes can't store the same one.
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
  #plan: Plan | undefined
  #planBefore: (Pick<Plan, 'done'> & { readonly plan: Plan }) | undefined

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
    // Before the first transaction, in which others would wait for it.
    this.#catchUp()
  }

  /** Where the record was stored that has this key, if its key is not forgotten. */
  find(key: string): number | undefined {
    this.#catchUp()
    const place = this.#recent.get(key)
    if (place !== undefined) return place
    const row = this.#statements.find.get(key) as SqliteRow | null | undefined
    return row ? Number(row['seq']) : undefined
  }

  /** How many are not in the index yet. */
  get pending(): number {
    this.#catchUp()
    return this.#recent.size
  }

  /** Up to this place records may move or go. */
  get indexed(): number {
    this.#catchUp()
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
    this.#planBefore = this.#plan && { plan: this.#plan, done: this.#plan.done }
  }

  /** Called before a transaction that stores is committed. */
  beforeCommit(): void {
    if (this.#added.length === 0) return
    if (this.#recent.size >= this.#maxRecent * MAX_LATE) this.#bringInAll()
    else if (this.#plan || this.#recent.size >= this.#maxRecent) this.bringIn()
  }

  committed(): void {
    this.#end()
  }

  rolledBack(): void {
    if (this.#hasLeft) {
      this.#forgetAll() // They are not in the index either.
    } else if (this.#added.length > 0) {
      for (const key of this.#added) this.#recent.delete(key)
      this.#last = this.#lastBefore
    }
    this.#plan = this.#planBefore?.plan
    if (this.#plan) this.#plan.done = this.#planBefore!.done
    this.#end()
  }

  #end(): void {
    this.#inTransaction = this.#isCurrent = this.#hasLeft = false
    this.#added = []
  }

  /** One step of bringing the recent keys into the index; true if it is not the last. */
  bringIn(): boolean {
    this.#catchUp()
    const plan = (this.#plan ??= this.#makePlan())
    // In their order, so that those of the same page follow each other.
    for (const key of plan.steps[plan.done]?.toSorted() ?? []) {
      const place = this.#recent.get(key)
      // Another process may have brought it in meanwhile.
      if (place !== undefined) this.#statements.insert.run(key, place)
    }
    if (++plan.done < plan.steps.length) return true
    this.#statements.end.run(plan.end)
    this.#leave(plan.end)
    this.#hasLeft = true
    this.#plan = undefined
    return false
  }

  #bringInAll(): void {
    do this.bringIn()
    while (this.#recent.size > 0)
  }

  #makePlan(): Plan {
    const count = Math.min(STEPS, Math.ceil((this.#recent.size * STEPS) / this.#maxRecent))
    const steps = Array.from({ length: count }, (): string[] => [])
    // Each step is a range of the keys; what is no hash comes with the first.
    for (const key of this.#recent.keys()) {
      const rank = Math.max(0, ALPHABET.indexOf(key.charAt(0)))
      steps[Math.floor((rank * count) / ALPHABET.length)]!.push(key)
    }
    return { steps, end: this.#last, done: 0 }
  }

  #catchUp(): void {
    if (this.#isCurrent) return
    const found = this.#statements.places.get() as SqliteRow
    const indexed = Number(found['indexed'])
    const last = Math.max(Number(found['last']), indexed)
    // A backup was copied into the file.
    if (indexed < this.#indexed || last < this.#last) this.#forgetAll()
    this.#leave(indexed)
    if (last > this.#last) {
      for (const row of this.#statements.latest.all(this.#last) as readonly SqliteRow[]) {
        const key = row['key'] as string
        this.#recent.delete(key) // or it would keep its position
        this.#recent.set(key, Number(row['seq']))
      }
      this.#last = last
    }
    this.#lastBefore = this.#last
    this.#isCurrent = this.#inTransaction
  }

  /** What there is will be read again. */
  #forgetAll(): void {
    this.#recent.clear()
    this.#plan = this.#planBefore = undefined
    this.#indexed = this.#last = 0
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
