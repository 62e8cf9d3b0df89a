const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The encodings signatures are written in. */
export type TextEncoding = 'hex' | 'base64' | 'base64url'

export const EMPTY: Uint8Array = new Uint8Array(0)

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Decodes UTF-8 and drops a byte order mark. Throws `TypeError` on bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

export function encode(bytes: Uint8Array, encoding: TextEncoding): string {
  if (encoding === 'hex') {
    let text = ''
    for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
    return text
  }
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  const base64 = btoa(binary)
  return encoding === 'base64' ? base64 : toUrlAlphabet(base64)
}

/**
 * Decodes one spelling only: lower-case hex, or base64 with no space, no stray bits and padding that is
 * whole or absent. Anything else is `undefined`, so that a signature can't be rewritten and still pass.
 */
export function decode(text: string, encoding: TextEncoding): Uint8Array | undefined {
  if (encoding === 'hex') {
    if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) return undefined
    return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
      parseInt(text.slice(2 * i, 2 * i + 2), 16),
    )
  }
  const alphabet = encoding === 'base64' ? /^[\w+/]*={0,2}$/ : /^[\w-]*={0,2}$/
  if (!alphabet.test(text)) return undefined
  try {
    const base64 = encoding === 'base64' ? text : text.replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    const canonical = encode(bytes, encoding)
    return canonical === text || trimPadding(canonical) === text ? bytes : undefined
  } catch {
    return undefined // atob refuses the length
  }
}

/**
 * Compares in a time that depends on the length alone, which is no secret for signatures. The one
 * comparison of the package; secrets of unknown length are compared by their digests.
 */
export function equalText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

/** The length of the one text that `encode` makes of so many bytes; NaN for an encoding it does not know. */
export function encodedLength(bytes: number, encoding: TextEncoding): number {
  if (encoding === 'hex') return bytes * 2
  if (encoding === 'base64') return Math.ceil(bytes / 3) * 4
  return encoding === 'base64url' ? Math.ceil((bytes * 4) / 3) : NaN
}

/** Whether the bytes begin with this ASCII character. */
export function startsWith(bytes: Uint8Array, character: string): boolean {
  return bytes[0] === character.charCodeAt(0)
}

/** Whether a text is in a list, compared in constant time. */
export function includesText(list: readonly string[], text: string): boolean {
  for (const entry of list) if (equalText(entry, text)) return true
  return false
}

const trimPadding = (base64: string) => base64.replace(/=+$/, '')
const toUrlAlphabet = (base64: string) =>
  trimPadding(base64).replace(/\+/g, '-').replace(/\//g, '_')
