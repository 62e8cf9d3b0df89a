/**
 * A `Request` that costs nothing until it is used for more than a webhook needs. The platform's own takes
 * longer to make than the whole rest of a delivery, most of it for the body stream. It is no `Request` to the
 * platform's own constructor: `new Request(request)` throws, `request.clone()` gives a real one.
 *
 * Its body streams as it is read. Methods that read it whole take no more than the server has room for, but those of
 * a clone do.
 */
import { isPromise } from '../../src/lib/awaitable.ts'
import { concat } from '../../src/lib/bytes.ts'
import { PARTS } from '../../src/doors.ts'
import type { IncomingParts } from '../../src/types.ts'
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
  #headers: LazyHeaders | undefined
  #url: string | undefined
  #bodyUsed = false
  #real: Request | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
  }

  get method(): string {
    return this.#parts.method
  }
  get url(): string {
    return (this.#url ??= normalize(this.#parts))
  }
  get headers(): Headers {
    return this.#real?.headers ?? (this.#lazyHeaders() as unknown as Headers)
  }
  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#bodyUsed
  }

  bytes(): Promise<Uint8Array> {
    return this.#read((bytes) => bytes)
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read(toArrayBuffer)
  }
  text(): Promise<string> {
    return this.#read(decode)
  }
  json(): Promise<unknown> {
    return this.#read((bytes) => JSON.parse(decode(bytes)) as unknown)
  }

  async blob(): Promise<Blob> {
    return (await this.#read((bytes) => this.#respond(bytes))).blob()
  }
  async formData(): Promise<FormData> {
    return (await this.#read((bytes) => this.#respond(bytes))).formData()
  }

  /** A body again, for what else the platform makes of bodies. */
  #respond(bytes: Uint8Array): Response {
    const type = this.headers.get('content-type')
    return new Response(
      bytes as BodyInit,
      type === null ? {} : { headers: { 'content-type': type } },
    )
  }

  /** What is there is turned into its result at once, and only that is promised. */
  async #read<Result>(convert: (bytes: Uint8Array) => Result): Promise<Result> {
    if (this.#real && !this.bodyUsed) return convert(await collect(this.#real, this.#parts))
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.#bodyUsed = true
    const body = this.#parts.readBody(Infinity)
    return convert(isPromise(body) ? await body : body)
  }

  /** Hands all over to a webhook handler, which has no need of a request; nothing if the body is gone. */
  [PARTS](): IncomingParts | undefined {
    if (this.bodyUsed || this.#real) return undefined
    this.#bodyUsed = true
    return this.#parts
  }

  #lazyHeaders(): LazyHeaders {
    return (this.#headers ??= new LazyHeaders(this.#parts.headers))
  }

  /** The platform's request, for what everything above is not enough for. */
  real(): Request {
    const { method, url } = this
    const hasBody = method !== 'GET' && method !== 'HEAD' && !this.#bodyUsed
    this.#real ??= new Request(url, {
      method,
      headers: this.#lazyHeaders().real(),
      ...(hasBody && { body: this.#parts.stream(), duplex: 'half' }),
    })
    return this.#real
  }
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A copy only of a part: nothing else has the body by now, and copying it costs a tenth of a delivery. */
function toArrayBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  const whole = byteLength > 0 && byteLength === buffer.byteLength
  return (whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer
}

/** The last origin that was found plain: a server is called by one name, as a rule. */
let plainOrigin = ''

function normalize({ origin, target }: NodeParts): string {
  const url = origin + target
  if (!PLAIN_TARGET.test(target)) return new URL(url).href
  if (origin === plainOrigin) return url
  if (!PLAIN_ORIGIN.test(origin)) return new URL(url).href
  plainOrigin = origin
  return url
}

/** The body of a request that reads it as a stream, which counts nothing by itself. */
async function collect({ body }: Request, parts: NodeParts): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body ?? []) {
    parts.hold(chunk.length)
    chunks.push(chunk)
  }
  return concat(chunks)
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
