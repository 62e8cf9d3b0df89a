import * as fc from 'fast-check'

/** Half of a surrogate pair is no character, and has no UTF-8. */
const SURROGATES = { first: 0xd800, count: 0x800 } as const
const CODE_POINTS = 0x110000

const oneOf = (min: number, max: number) =>
  fc.integer({ min, max }).map((n) => {
    return String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count)
  })

const character = fc.oneof(oneOf(0, 0x7f), oneOf(0x80, CODE_POINTS - SURROGATES.count - 1))

/**
 * Text of any characters, half of them ASCII with its control characters. The units of fast-check's own
 * `string` (`binary`, `grapheme`) list all of Unicode first, which takes longer than most tests.
 */
export function anyText(
  constraints: Pick<fc.StringConstraints, 'minLength' | 'maxLength'> = {},
): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character })
}
