/** Base64 of whole bodies, for which the careful codec of signatures is too slow. */

/** What engines of newer language versions have built in. */
interface Base64Bytes extends Uint8Array {
  toBase64?(): string
}
type FromBase64 = (text: string) => Uint8Array

/** Arguments that a call takes on every runtime; a multiple of three, so that only the end is padded. */
const CHUNK = 6144

export function toBase64(bytes: Base64Bytes): string {
  if (bytes.toBase64) return bytes.toBase64()
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    // Not spread: that goes through an iterator, and takes eight times as long.
    const chunk = bytes.subarray(at, at + CHUNK) as unknown as number[]
    text += btoa(String.fromCharCode.apply(null, chunk))
  }
  return text
}

/** `undefined` for what is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const { fromBase64: builtIn } = Uint8Array as { fromBase64?: FromBase64 }
  try {
    return builtIn ? builtIn.call(Uint8Array, text) : viaText(text)
  } catch {
    return undefined
  }
}

function viaText(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
