/**
 * A `Request` that costs nothing until it is used for more than a webhook needs. The platform's own takes
 * longer to make than the whole rest of a delivery, most of it for the body stream.
 */
import type { NodeParts } from './node-parts.ts'

/** What answers from the parts; everything else of the class comes from a real request, made then. */
class LazyRequest {
  readonly #parts: NodeParts
  #headers: Headers | undefined
  #url: string | undefined
  #body: Promise<Uint8Array> | undefined
  #real: Request | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
  }

  get method(): string {
    return this.#parts.method
  }
  get url(): string {
    return (this.#url ??= new URL(this.#parts.origin + this.#parts.target).href)
  }
  get headers(): Headers {
    return this.#real?.headers ?? (this.#headers ??= new Headers([...this.#parts.headers]))
  }
  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#body !== undefined
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#real) return new Uint8Array(await this.#real.arrayBuffer())
    if (this.#body) throw new TypeError('Body is unusable: Body has already been read')
    return (this.#body = Promise.resolve(this.#parts.readBody(Infinity)))
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes()
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /** The platform's request, for everything above is not enough for. */
  real(): Request {
    const { method, url } = this
    const headers = this.headers
    if (this.#real) return this.#real
    const hasBody = method !== 'GET' && method !== 'HEAD' && this.#body === undefined
    this.#real = new Request(url, {
      method,
      headers,
      ...(hasBody && { body: streamOf(this.#parts), duplex: 'half' }),
    })
    return this.#real
  }
}

function streamOf(parts: NodeParts): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const body = await parts.readBody(Infinity)
      if (body.length > 0) controller.enqueue(body)
      controller.close()
    },
  })
}

/** Linked when the first Fetch handler is called: touching `Request` loads Node's fetch implementation. */
let linked = false

function link(): void {
  const own = LazyRequest.prototype
  Object.setPrototypeOf(own, Request.prototype)
  for (const [name, { value }] of Object.entries(
    Object.getOwnPropertyDescriptors(Request.prototype),
  )) {
    if (Object.hasOwn(own, name)) continue
    const isMethod = typeof value === 'function'
    Object.defineProperty(own, name, {
      configurable: true,
      get(this: LazyRequest) {
        const real = this.real()
        const found: unknown = Reflect.get(real, name)
        return isMethod ? (found as (...args: unknown[]) => unknown).bind(real) : found
      },
    })
  }
  linked = true
}

export function createLazyRequest(parts: NodeParts): Request {
  if (!linked) link()
  return new LazyRequest(parts) as unknown as Request
}
