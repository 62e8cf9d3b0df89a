const MAX_BYTES = 64 * 1024 ** 2
/** A body is in memory up to six times until it is stored: in pieces, whole, parsed, bound, and not collected yet. */
const PART_OF_MEMORY = 32

/** What is safe in the memory that the container has. */
export function defaultRoom(): number {
  const limit = process.constrainedMemory?.() || Infinity
  return Math.min(MAX_BYTES, Math.ceil(limit / PART_OF_MEMORY))
}

/** A number of bytes that many share, so that big bodies together don't take all memory. */
export class Room {
  readonly #bytes: number
  #free: number

  constructor(bytes: number) {
    this.#bytes = this.#free = bytes
  }

  /**
   * False if there are not as many left.
   *
   * @param held what the same one has taken before, if it is limited by itself: alone, it may then have more than
   * there is, for it never could otherwise
   */
  take(bytes: number, held?: number): boolean {
    const isAlone = held !== undefined && this.#free + held === this.#bytes
    if (bytes > this.#free && !isAlone) return false
    this.#free -= bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#free += bytes
  }
}
