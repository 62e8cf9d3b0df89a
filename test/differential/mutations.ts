/** What can happen to a signed request between its sender and its receiver. */
import { NOW } from '../providers/sample.ts'
import type { Peer } from './peer.ts'
import { read, withHeader, withPiece, withValue, type Place, type Wire } from './wire.ts'

/** `undefined` if there is no such thing for this peer. */
type Change = (wire: Wire, peer: Peer) => Wire | undefined

export interface Mutation {
  /** Seconds ago that it was signed. @default 0 */
  readonly age?: (peer: Peer) => number | undefined
  readonly change?: Change
  /** False where a receiver may take it, so that only the agreement is of interest. @default true */
  readonly forged?: boolean
}

/** What any signature or time can have at its place, and none has by chance at both. */
const other = (character: string | undefined) => (character === '1' ? '2' : '1')
const firstOf = (text: string) => other(text[0]) + text.slice(1)
const lastOf = (text: string) => text.slice(0, -1) + other(text.at(-1))
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const DAY = 86_400

const body =
  (change: (bytes: Buffer) => Uint8Array): Change =>
  (wire) => ({ ...wire, body: Buffer.from(change(wire.body)) })

const bit = (at: number) => body((bytes) => bytes.with(at, bytes.at(at)! ^ 1))

function noText(wire: Wire): Wire | undefined {
  const at = wire.body.indexOf('\ufffd')
  const parts = [wire.body.subarray(0, at), Buffer.of(0xff), wire.body.subarray(at + 3)]
  return at < 0 ? undefined : { ...wire, body: Buffer.concat(parts) }
}

type Which = 'signature' | 'timestamp' | 'id'

/** Another value for a piece; one that is the same is no mutation. */
const value =
  (which: Which, change: (text: string) => string | undefined): Change =>
  (wire, peer) => {
    const place = peer[which]
    if (!place) return undefined
    const before = read(wire, place).value
    const after = change(before)
    return after === undefined || after === before ? undefined : withValue(wire, place, after)
  }

/** Another field or part for a piece, from itself and what separates it from the next. */
const piece =
  (which: Which, change: (whole: string, separator: string, value: string) => string) =>
  (wire: Wire, peer: Peer): Wire | undefined => {
    const place = peer[which]
    if (!place?.at || place.in === 'body' || peer.separator === undefined) return undefined
    const found = read(wire, place)
    return withPiece(wire, place, change(found.whole, peer.separator, found.value))
  }

/** Only where the piece has the field to itself. */
const alone =
  (which: Which, change: (wire: Wire, place: Place) => Wire): Change =>
  (wire, peer) => {
    const place = peer[which]
    return place && place.in !== 'body' && (which === 'signature' || !place.at)
      ? change(wire, place)
      : undefined
  }

const withoutField = (wire: Wire, { in: name }: Place) => withHeader(wire, name, undefined)
/** As platforms join a field that came twice. */
const fieldTwice = (wire: Wire, { in: name }: Place) =>
  withHeader(wire, name, `${wire.headers[name]}, ${wire.headers[name]}`)

const isHex = (text: string) => /^[\da-f]+$/.test(text)

/** The digest with other spare bits in its last character: it decodes to the same bytes. */
function spareBits(text: string): string | undefined {
  const digits = text.replace(/=+$/, '')
  if (isHex(text) || digits.length % 4 === 0) return undefined
  const last = BASE64.indexOf(digits.at(-1)!)
  return digits.slice(0, -1) + BASE64[last ^ 1] + text.slice(digits.length)
}

/** The time at which all is received, in the unit of another. */
const today = (text: string) => String(text.length > 11 ? NOW * 1000 : NOW)

const within = (seconds: (tolerance: number) => number) => (peer: Peer) =>
  peer.toleranceSeconds === undefined ? undefined : seconds(peer.toleranceSeconds)

const url = (change: (url: string) => string): Mutation => ({
  change: (wire) => ({ ...wire, url: change(wire.url) }),
  forged: false,
})

const TABLE = {
  nothing: { forged: false },

  'the first bit of the body': { change: bit(0) },
  'the last bit of the body': { change: bit(-1) },
  'a space after the body': { change: body((bytes) => Buffer.concat([bytes, Buffer.from(' ')])) },
  'a line end after the body': {
    change: body((bytes) => Buffer.concat([bytes, Buffer.from('\n')])),
  },
  'a byte order mark before the body': {
    change: body((bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes])),
  },
  'half the body': { change: body((bytes) => bytes.subarray(0, bytes.length / 2)) },
  'no body': { change: body(() => Buffer.alloc(0)) },
  'a byte that is no text where U+FFFD was': { change: noText },

  'the first character of the signature': { change: value('signature', firstOf) },
  'the last character of the signature': { change: value('signature', lastOf) },
  // Of hex a whole byte: half of one is the same to a lax reader where the byte is 0, as Ed25519's last one often is.
  'a signature that is cut off': {
    change: value('signature', (text) => text.slice(0, isHex(text) ? -2 : -1)),
  },
  'a signature that goes on': { change: value('signature', (text) => `${text}0`) },
  'a signature that goes on after a separator': {
    change: value('signature', (text) => `${text}=0`),
  },
  'an empty signature': { change: value('signature', () => '') },
  'no signature': { change: alone('signature', withoutField) },
  'the signature field twice': { change: alone('signature', fieldTwice) },
  'the digest in upper case': {
    change: value('signature', (text) => (isHex(text) ? text.toUpperCase() : undefined)),
  },
  'the digest in the other base64': {
    change: value('signature', (text) =>
      isHex(text) ? undefined : text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    ),
  },
  'other spare bits in the base64': { change: value('signature', spareBits) },
  'the prefix in upper case': {
    change: (wire, peer) => {
      const { whole, value: digest } = read(wire, peer.signature)
      const changed = whole.replace(/^[a-z]\w*(?=[=,])/, (prefix) => prefix.toUpperCase())
      const isChanged = changed !== whole && whole !== digest
      return isChanged ? withPiece(wire, peer.signature, changed) : undefined
    },
  },
  'no prefix': {
    change: (wire, peer) => {
      const { whole, value: digest } = read(wire, peer.signature)
      return whole === digest || peer.signature.in === 'body'
        ? undefined
        : withPiece(wire, peer.signature, digest)
    },
  },

  'a wrong signature before the right one': {
    change: piece('signature', (whole, separator) => lastOf(whole) + separator + whole),
    forged: false,
  },
  'a wrong signature after the right one': {
    change: piece('signature', (whole, separator) => whole + separator + lastOf(whole)),
    forged: false,
  },
  'a signature of another version before the right one': {
    change: piece('signature', (whole, separator) =>
      [whole.replace(/^\w+/, 'v9'), whole].join(separator),
    ),
    forged: false,
  },
  'a signature of another version alone': {
    change: piece('signature', (whole) => whole.replace(/^\w+/, 'v9')),
  },
  'eleven wrong signatures before the right one': {
    change: piece('signature', (whole, separator) =>
      [...Array.from({ length: 11 }, () => lastOf(whole)), whole].join(separator),
    ),
  },

  'the next time': { change: value('timestamp', (text) => String(Number(text) + 1)) },
  'an empty time': { change: value('timestamp', () => '') },
  'no time': { change: alone('timestamp', withoutField) },
  'a letter after the time': { change: value('timestamp', (text) => `${text}x`) },
  'a fraction after the time': { change: value('timestamp', (text) => `${text}.0`) },
  'a zero before the time': { change: value('timestamp', (text) => `0${text}`) },
  'the time field twice': { change: alone('timestamp', fieldTwice) },

  'another id': { change: value('id', lastOf) },
  'an empty id': { change: value('id', () => '') },
  'no id': { change: alone('id', withoutField) },

  'as old as allowed': { age: within((tolerance) => tolerance), forged: false },
  'a second older than allowed': { age: within((tolerance) => tolerance + 1) },
  'a day older than allowed': { age: within((tolerance) => tolerance + DAY) },
  'as far ahead as allowed': { age: within((tolerance) => -tolerance), forged: false },
  'a second further ahead than allowed': { age: within((tolerance) => -tolerance - 1) },
  'a day further ahead than allowed': { age: within((tolerance) => -tolerance - DAY) },
  'too old, under a time of today': {
    age: within((tolerance) => tolerance + DAY),
    change: value('timestamp', today),
  },
  'too old, with a time of today before its own': {
    age: within((tolerance) => tolerance + DAY),
    change: piece('timestamp', (whole, separator, text) =>
      [whole.replace(text, today(text)), whole].join(separator),
    ),
  },
  'too old, with a time of today after its own': {
    age: within((tolerance) => tolerance + DAY),
    change: piece('timestamp', (whole, separator, text) =>
      [whole, whole.replace(text, today(text))].join(separator),
    ),
  },

  'another path': url((text) => text.replace('/in', '/on')),
  'a query': url((text) => `${text}${text.includes('?') ? '&' : '?'}more=1`),
  'another host': url((text) => text.replace('hooks.', 'books.')),
} as const satisfies Record<string, Mutation>

export type MutationName = keyof typeof TABLE

export const MUTATIONS: Readonly<Record<MutationName, Mutation>> = TABLE
