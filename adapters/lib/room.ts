/** A number of bytes that many share, so that big bodies together don't take all memory. */
export class Room {
  #free: number

  constructor(bytes: number) {
    this.#free = bytes
  }

  /** False if there are not as many left. */
  take(bytes: number): boolean {
    if (bytes > this.#free) return false
    this.#free -= bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#free += bytes
  }
}
