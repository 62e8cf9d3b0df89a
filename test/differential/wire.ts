/** A request as it is on the wire: what both sides are given. */
export interface Wire {
  readonly method: string
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Where a piece of evidence stands: in a header field or the body. */
export interface Place {
  /** The name of the field, or `body`. */
  readonly in: string
  /** What holds it, prefix and all; it is the first group. @default the whole field */
  readonly at?: RegExp
}

/** A piece of evidence: `whole` is what `at` matches, `value` its first group. */
export interface Piece {
  readonly whole: string
  readonly value: string
}

const BODY = 'body'

export async function fromRequest(request: Request): Promise<Wire> {
  const { method, url, headers } = request
  const body = Buffer.from(await request.arrayBuffer())
  return { method, url, headers: Object.fromEntries(headers), body }
}

export function toRequest({ method, url, headers, body }: Wire): Request {
  return new Request(url, { method, headers, body: new Uint8Array(body) })
}

export function read(wire: Wire, place: Place): Piece {
  const [whole, value] = (place.at ?? /^(.*)$/s).exec(textAt(wire, place)) ?? []
  if (whole === undefined) throw new Error(`Nothing of that form in ${place.in}`)
  return { whole, value: value! }
}

/** The request with another text for what `at` matches. */
export function withPiece(wire: Wire, place: Place, whole: string): Wire {
  const text = textAt(wire, place).replace(read(wire, place).whole, () => whole)
  return place.in === BODY
    ? { ...wire, body: Buffer.from(text, 'latin1') }
    : withHeader(wire, place.in, text)
}

/** The request with another value in the place. */
export function withValue(wire: Wire, place: Place, value: string): Wire {
  const piece = read(wire, place)
  const start = piece.whole.lastIndexOf(piece.value)
  const rest = piece.whole.slice(start + piece.value.length)
  return withPiece(wire, place, piece.whole.slice(0, start) + value + rest)
}

export function withHeader(wire: Wire, name: string, value: string | undefined): Wire {
  const others = Object.entries(wire.headers).filter(([other]) => other !== name)
  const fields = value === undefined ? others : [...others, [name, value] as const]
  return { ...wire, headers: Object.fromEntries(fields) }
}

function textAt(wire: Wire, place: Place): string {
  if (place.in === BODY) return wire.body.toString('latin1')
  return wire.headers[place.in] ?? ''
}
