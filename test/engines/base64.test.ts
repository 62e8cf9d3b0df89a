import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../../src/engines/lib/base64.ts'

/** As engines that have base64 built in, and those that don't. */
const plain = (bytes: Uint8Array): Uint8Array => Object.assign(bytes, { toBase64: undefined })

describe('base64 of whole bodies', () => {
  test.each([0, 1, 2, 3, 6143, 6144, 6145, 100_000])('of %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
    const text = Buffer.from(bytes).toString('base64')
    expect(toBase64(bytes)).toBe(text)
    expect(toBase64(plain(bytes.slice()))).toBe(text)
    expect(Buffer.from(fromBase64(text)!).equals(bytes)).toBe(true)
  })

  test.each(['a', '%%%%', 'e30=e30=', '\u{20AC}'])('not of %o', (text) => {
    expect(fromBase64(text)).toBeUndefined()
  })

  test('with what is built in', () => {
    const own = Object.getOwnPropertyDescriptor(Uint8Array, 'fromBase64')
    const fromBase64BuiltIn = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
    Object.defineProperty(Uint8Array, 'fromBase64', {
      value: fromBase64BuiltIn,
      configurable: true,
    })
    try {
      expect(fromBase64('e30=')).toEqual(Uint8Array.of(0x7b, 0x7d))
      expect(toBase64(Object.assign(Uint8Array.of(1), { toBase64: () => 'built in' }))).toBe(
        'built in',
      )
    } finally {
      if (own) Object.defineProperty(Uint8Array, 'fromBase64', own)
      else Reflect.deleteProperty(Uint8Array, 'fromBase64')
    }
  })
})
