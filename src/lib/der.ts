/** A reader of DER (X.690): definite lengths in their shortest form, and nothing left over. */

/** One value: its tag byte, its content, and all of its bytes. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** The tags in use (X.680, section 8.6; 0xa0 and up are constructed context tags). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Lists in a certificate are short; the longest real ones are of names. */
const MAX_VALUES = 1000

const malformed = (what: string) => new Error(`malformed DER: ${what}`)

/** @throws {Error} unless the bytes are values one after the other */
export function readValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length;) {
    if (values.length === MAX_VALUES) throw malformed('too many values')
    const value = readValue(bytes.subarray(at))
    values.push(value)
    at += value.whole.length
  }
  return values
}

/** @throws {Error} unless the bytes are one value of that tag */
export function readOnly(bytes: Uint8Array, tag: number): DerValue {
  const value = readValue(bytes)
  if (value.tag !== tag || value.whole.length !== bytes.length) throw malformed('another value')
  return value
}

function readValue(bytes: Uint8Array): DerValue {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) throw malformed('cut off')
  if ((tag & 0x1f) === 0x1f) throw malformed('a long tag')
  const { length, headerLength } = first < 0x80 ? { length: first, headerLength: 2 } : long(bytes)
  const end = headerLength + length
  if (end > bytes.length) throw malformed('cut off')
  return { tag, content: bytes.subarray(headerLength, end), whole: bytes.subarray(0, end) }
}

/** A length of 1 to 3 bytes: 16 MiB are more than anybody sends. */
function long(bytes: Uint8Array): { readonly length: number; readonly headerLength: number } {
  const count = bytes[1]! & 0x7f
  const digits = bytes.subarray(2, 2 + count)
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0)
  const shortest = count === 1 ? length >= 0x80 : digits[0] !== 0
  if (count < 1 || count > 3 || digits.length !== count || !shortest) throw malformed('a length')
  return { length, headerLength: 2 + count }
}

/** Takes values off a list one by one, so that an optional one can be left out. */
export class DerSequence {
  readonly #values: readonly DerValue[]
  #at = 0

  constructor(content: Uint8Array) {
    this.#values = readValues(content)
  }

  /** @throws {Error} if another value or none comes next */
  take(tag: number): DerValue {
    const value = this.optional(tag)
    if (!value) throw malformed('a value is missing')
    return value
  }

  optional(tag: number): DerValue | undefined {
    return this.#values[this.#at]?.tag === tag ? this.#values[this.#at++] : undefined
  }

  /** @throws {Error} if values are left over */
  end(): void {
    if (this.#at < this.#values.length) throw malformed('values are left over')
  }
}

/** `1.2.840.113549.1.1.11`. */
export function readOid({ content }: DerValue): string {
  const numbers: number[] = []
  let number = 0
  for (const [at, byte] of content.entries()) {
    if (number === 0 && byte === 0x80) throw malformed('an object identifier')
    number = number * 128 + (byte & 0x7f)
    if (!Number.isSafeInteger(number)) throw malformed('an object identifier')
    if (byte & 0x80) {
      if (at === content.length - 1) throw malformed('an object identifier')
      continue
    }
    numbers.push(number)
    number = 0
  }
  const [first] = numbers
  if (first === undefined) throw malformed('an object identifier')
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...numbers.slice(1)].join('.')
}

export function readBoolean({ content }: DerValue): boolean {
  if (content.length !== 1 || !(content[0] === 0 || content[0] === 0xff)) {
    throw malformed('a boolean')
  }
  return content[0] !== 0
}

/** Not negative, and small enough for a number. */
export function readSmallInteger(value: DerValue): number {
  const { content } = value
  assertInteger(value)
  if (content.length > 4 || content[0]! & 0x80) throw malformed('an integer')
  return content.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** In the shortest form. */
export function assertInteger({ content: [first, second], content }: DerValue): void {
  const padded =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (content.length === 0 || padded) throw malformed('an integer')
}

/** The bytes of a bit string of whole bytes. */
export function readBitString({ content }: DerValue): Uint8Array {
  if (content[0] !== 0) throw malformed('a bit string')
  return content.subarray(1)
}

/** The bits of a bit string of any length, the first one being bit 0. */
export function readBits({ content }: DerValue): (bit: number) => boolean {
  const [unused = 8] = content
  // Unused bits are 0, and none are where there are no bytes.
  const stray = content.length === 1 ? unused : content.at(-1)! & ((1 << unused) - 1)
  if (unused > 7 || stray) throw malformed('a bit string')
  return (bit) => Boolean((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7)))
}

/** Milliseconds since 1970 (RFC 5280, section 4.1.2.5: to the second, in UTC). */
export function readTime({ tag, content }: DerValue): number {
  const text = String.fromCharCode(...content)
  const full = tag === TAG.utcTime ? (/^[0-4]/.test(text) ? '20' : '19') + text : text
  const known = tag === TAG.utcTime || tag === TAG.generalizedTime
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)
  if (!known || !parts) throw malformed('a time')
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number)
  const iso = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}.000Z`
  const ms = Date.UTC(year!, month! - 1, day, hour, minute, second)
  // The 31st of April and the 25th hour roll over.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) throw malformed('a time')
  return ms
}
