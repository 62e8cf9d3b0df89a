/**
 * A `Request` that costs nothing until it is used for more than a webhook needs. The platform's own takes
 * longer to make than the whole rest of a delivery, most of it for the body stream.
 */
import { LazyHeaders } from './lazy-headers.ts'
import type { NodeParts } from './node-parts.ts'
import { standInFor } from './stand-in.ts'

/** A path that the URL parser would leave as it is: no dot segments, nothing to be escaped. */
const PLAIN_TARGET =
  /^(?:\/(?!\.{1,2}(?:[/?]|$))[\w.~!$&'()*+,;=:@-]*)+(?:\?[\w.~!$&()*+,;=:@/?%-]*)?$/
/** An origin likewise: lower-case labels or an IPv4 address, and no default port. */
const PLAIN_ORIGIN =
  /^https?:\/\/(?:(?!xn--)[a-z][a-z0-9-]*(?:\.(?!xn--)[a-z][a-z0-9-]*)*|(?:(?:\d|[1-9]\d|1\d\d)\.){3}(?:\d|[1-9]\d|1\d\d))(?::(?!80$|443$|0)(?:\d{2,4}|[1-5]\d{4}))?$/

/** What answers from the parts; everything else of the class comes from a real request, made then. */
class LazyRequest {
  readonly #parts: NodeParts
  readonly #headers: LazyHeaders
  #url: string | undefined
  #bodyUsed = false
  #real: Request | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.#headers = new LazyHeaders(parts.headers)
  }

  get method(): string {
    return this.#parts.method
  }
  get url(): string {
    return (this.#url ??= normalize(this.#parts))
  }
  get headers(): Headers {
    return this.#real?.headers ?? (this.#headers as unknown as Headers)
  }
  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#bodyUsed
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#real) return new Uint8Array(await this.#real.arrayBuffer())
    if (this.#bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.#bodyUsed = true
    return this.#parts.readBody(Infinity)
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

  /** The platform's request, for what everything above is not enough for. */
  real(): Request {
    const { method, url } = this
    const hasBody = method !== 'GET' && method !== 'HEAD' && !this.#bodyUsed
    this.#real ??= new Request(url, {
      method,
      headers: this.#headers.real(),
      ...(hasBody && { body: streamOf(this.#parts), duplex: 'half' }),
    })
    return this.#real
  }
}

function normalize({ origin, target }: NodeParts): string {
  const url = origin + target
  return PLAIN_ORIGIN.test(origin) && PLAIN_TARGET.test(target) ? url : new URL(url).href
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
  standInFor(LazyRequest.prototype, Request.prototype, (request) => request.real())
  standInFor(LazyHeaders.prototype, Headers.prototype, (headers) => headers.real())
  linked = true
}

export function createLazyRequest(parts: NodeParts): Request {
  if (!linked) link()
  return new LazyRequest(parts) as unknown as Request
}
