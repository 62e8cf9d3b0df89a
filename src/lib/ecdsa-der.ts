/** The DER form of an ECDSA signature, a sequence of two integers (RFC 3279, section 2.2.3). */
import { concat } from './bytes.ts'
import { CURVES, type CurveName } from './curves.ts'
import { DerSequence, readOnly, TAG } from './der.ts'

/** Both numbers at their full length; `undefined` for anything but the one DER spelling of them. */
export function fromDer(signature: Uint8Array, curve: CurveName): Uint8Array | undefined {
  try {
    const numbers = new DerSequence(readOnly(signature, TAG.sequence).content)
    const { bytes } = CURVES[curve]
    const joined = new Uint8Array(2 * bytes)
    for (const end of [bytes, 2 * bytes]) {
      const number = unsigned(numbers.take(TAG.integer).content)
      if (!number || number.length > bytes) return undefined
      joined.set(number, end - number.length)
    }
    numbers.end()
    return joined
  } catch {
    return undefined
  }
}

/** Without the zero byte that keeps it from being negative; `undefined` if it is negative or has one more. */
function unsigned(content: Uint8Array): Uint8Array | undefined {
  const [first, second] = content
  if (first === undefined || first >= 0x80) return undefined
  if (first > 0 || second === undefined) return content
  return second >= 0x80 ? content.subarray(1) : undefined
}

export function toDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  const numbers = [signature.subarray(0, half), signature.subarray(half)].map((number) => {
    const at = number.findIndex((byte) => byte > 0)
    const short = number.subarray(at)
    const content = short[0]! >= 0x80 ? [0, ...short] : [...short]
    return Uint8Array.from([TAG.integer, content.length, ...content])
  })
  const content = concat(numbers)
  // Two numbers of 49 bytes at most: the length is always one byte, without 0x81 in front of it.
  return Uint8Array.from([TAG.sequence, content.length, ...content])
}
