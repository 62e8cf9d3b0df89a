import type { NodeHeaders } from './node-parts.ts'

/** `Headers` that are read from what node:http has parsed, and copied only to be changed. */
export class LazyHeaders {
  readonly #fields: NodeHeaders
  #real: Headers | undefined

  constructor(fields: NodeHeaders) {
    this.#fields = fields
  }

  get(name: string): string | null {
    return this.#real ? this.#real.get(name) : this.#fields.get(name.toLowerCase())
  }
  has(name: string): boolean {
    return this.get(name) !== null
  }

  real(): Headers {
    return (this.#real ??= new Headers([...this.#fields]))
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.real()[Symbol.iterator]()
  }
}
