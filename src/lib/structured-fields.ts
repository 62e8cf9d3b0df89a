/**
 * Structured field values (RFC 9651, and RFC 8941 before it), as far as signatures of messages use them:
 * dictionaries of byte sequences or of inner lists of strings. Stricter than the RFC where it would let the
 * last of several equal keys win: two readings of a signed text are one too many.
 */
import { decode, encode } from './bytes.ts'

/** A string, an integer, a boolean or a byte sequence. Decimals, tokens and dates are of no use here. */
export type BareItem = string | number | boolean | Uint8Array
export type Parameters = ReadonlyMap<string, BareItem>

export interface Item {
  readonly value: BareItem
  readonly parameters: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: Parameters
}

export type Dictionary = ReadonlyMap<string, Item | InnerList>

/* Parsing ---------------------------------------------------------------------------------------- */

/** What is left of the text; each reader takes its part off. */
interface Rest {
  text: string
}

class NotStructured extends Error {}

/** `undefined` for what is no such dictionary. */
export function parseDictionary(text: string): Dictionary | undefined {
  try {
    const rest = { text: trimSpaces(text) }
    const dictionary = new Map<string, Item | InnerList>()
    while (rest.text !== '') {
      if (dictionary.size > 0) take(rest, /^[ \t]*,[ \t]*(?=.)/)
      setOnce(dictionary, readKey(rest), readMember(rest))
      if (rest.text !== '' && !/^[ \t]*,/.test(rest.text)) throw new NotStructured()
    }
    return dictionary
  } catch (error) {
    if (error instanceof NotStructured) return undefined
    throw error
  }
}

/** Looks at each space once, as a pattern for those at the end does not. */
function trimSpaces(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end--
  return text.slice(0, end).replace(/^ +/, '')
}

function readMember(rest: Rest): Item | InnerList {
  if (!rest.text.startsWith('=')) return { value: true, parameters: readParameters(rest) }
  take(rest, /^=/)
  return rest.text.startsWith('(') ? readInnerList(rest) : readItem(rest)
}

function readInnerList(rest: Rest): InnerList {
  take(rest, /^\( */)
  const items: Item[] = []
  while (!rest.text.startsWith(')')) {
    items.push(readItem(rest))
    if (!rest.text.startsWith(')')) take(rest, /^ +/)
  }
  take(rest, /^\)/)
  return { items, parameters: readParameters(rest) }
}

function readItem(rest: Rest): Item {
  return { value: readBareItem(rest), parameters: readParameters(rest) }
}

function readParameters(rest: Rest): Parameters {
  const parameters = new Map<string, BareItem>()
  while (rest.text.startsWith(';')) {
    take(rest, /^; */)
    const key = readKey(rest)
    const hasValue = rest.text.startsWith('=')
    if (hasValue) take(rest, /^=/)
    setOnce(parameters, key, hasValue ? readBareItem(rest) : true)
  }
  return parameters
}

const readKey = (rest: Rest) => take(rest, /^[a-z*][a-z\d_.*-]*/)

function readBareItem(rest: Rest): BareItem {
  const [first] = rest.text
  if (first === '"')
    return take(rest, /^"(?:[ !#-[\]-~]|\\["\\])*"/)
      .slice(1, -1)
      .replace(/\\(.)/g, '$1')
  if (first === '?') return take(rest, /^\?[01]/) === '?1'
  if (first === ':') return readBytes(take(rest, /^:[\w+/=]*:/).slice(1, -1))
  return Number(take(rest, /^-?\d{1,15}(?![\d.])/))
}

function readBytes(base64: string): Uint8Array {
  const bytes = decode(base64, 'base64')
  if (bytes) return bytes
  throw new NotStructured()
}

function take(rest: Rest, pattern: RegExp): string {
  const [found] = pattern.exec(rest.text) ?? []
  if (found === undefined) throw new NotStructured()
  rest.text = rest.text.slice(found.length)
  return found
}

function setOnce<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.has(key)) throw new NotStructured()
  map.set(key, value)
}

/* Serializing ------------------------------------------------------------------------------------ */

export function serializeInnerList({ items, parameters }: InnerList): string {
  return `(${items.map(serializeItem).join(' ')})${serializeParameters(parameters)}`
}

export function serializeItem({ value, parameters }: Item): string {
  return serializeBareItem(value) + serializeParameters(parameters)
}

export function serializeBareItem(value: BareItem): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (typeof value === 'boolean') return value ? '?1' : '?0'
  return typeof value === 'number' ? String(value) : `:${encode(value, 'base64')}:`
}

function serializeParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([key, value]) => (value === true ? `;${key}` : `;${key}=${serializeBareItem(value)}`))
    .join('')
}
