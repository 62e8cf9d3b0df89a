import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  parseDictionary,
  serializeInnerList,
  type BareItem,
  type InnerList,
} from '../../src/lib/structured-fields.ts'
import { anyText } from '../support/any-text.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const item = (value: BareItem, parameters: Record<string, BareItem> = {}) => ({
  value,
  parameters: new Map(Object.entries(parameters)),
})

describe('a dictionary', () => {
  test.each([
    { text: '', expected: {} },
    { text: 'a=1', expected: { a: item(1) } },
    { text: ' a=-12 ,\tb="x" ', expected: { a: item(-12), b: item('x') } },
    { text: 'a=:aGk=:', expected: { a: item(bytes('hi')) } },
    { text: 'a=::', expected: { a: item(bytes('')) } },
    { text: 'a="\\"\\\\"', expected: { a: item('"\\') } },
    {
      text: 'a, b;x, c=?0',
      expected: { a: item(true), b: item(true, { x: true }), c: item(false) },
    },
    { text: 'a=1; b=2;c="d"', expected: { a: item(1, { b: 2, c: 'd' }) } },
    { text: 'a=()', expected: { a: { items: [], parameters: new Map() } } },
    {
      text: 'a=( "x";k  "y" );c=1',
      expected: {
        a: { items: [item('x', { k: true }), item('y')], parameters: new Map([['c', 1]]) },
      },
    },
  ])('$text', ({ text, expected }) => {
    expect(parseDictionary(text)).toEqual(new Map(Object.entries(expected)))
  })

  test.each([
    { name: 'a comma at the end', text: 'a=1,' },
    { name: 'a comma at the beginning', text: ',a=1' },
    { name: 'no comma', text: 'a=1 b=2' },
    { name: 'a key twice', text: 'a=1, a=2' },
    { name: 'a parameter twice', text: 'a=1;b=1;b=2' },
    { name: 'a key in upper case', text: 'A=1' },
    { name: 'a key that begins with a digit', text: '1=1' },
    { name: 'no value', text: 'a=' },
    { name: 'a string that does not end', text: 'a="x' },
    { name: 'an escape of something else', text: 'a="\\x"' },
    { name: 'a character beyond ASCII', text: 'a="ä"' },
    { name: 'a control character', text: 'a="\n"' },
    { name: 'a list that does not end', text: 'a=("x"' },
    { name: 'a list without spaces', text: 'a=("x""y")' },
    { name: 'a list in a list', text: 'a=(("x"))' },
    { name: 'sixteen digits', text: 'a=1234567890123456' },
    { name: 'a decimal', text: 'a=1.5' },
    { name: 'a sign alone', text: 'a=-' },
    { name: 'base64 with stray bits', text: 'a=:aGl=:' },
    { name: 'base64 of another alphabet', text: 'a=:_-8=:' },
    { name: 'base64 that does not end', text: 'a=:aGk=' },
    { name: 'a boolean that is none', text: 'a=?2' },
    { name: 'a space before a parameter', text: 'a=1 ;b' },
  ])('is not one with $name', ({ text }) => {
    expect(parseDictionary(text)).toBeUndefined()
  })
})

const keys = fc.stringMatching(/^[a-z*][a-z\d_.*-]{0,9}$/)
const values = fc.oneof(
  fc.stringMatching(/^[ -~]*$/),
  fc.integer(),
  fc.boolean(),
  fc.uint8Array({ maxLength: 20 }).map((array) => new Uint8Array(array)),
)
const parameters = fc
  .uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key, maxLength: 4 })
  .map((entries) => new Map<string, BareItem>(entries))
const lists: fc.Arbitrary<InnerList> = fc.record({
  items: fc.array(fc.record({ value: values, parameters }), { maxLength: 4 }),
  parameters,
})

test('what is written is read again', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const read = parseDictionary(`a=${serializeInnerList(list)}`)
      expect(read).toEqual(new Map([['a', list]]))
    }),
  )
})

test('nothing is thrown', () => {
  fc.assert(fc.property(anyText(), (text) => void parseDictionary(text)))
})

/** So long that what looks at each character once is done at once, and what looks back never ends. */
const LENGTH = 300_000

test.each([
  { name: 'a list that does not end', text: `a=(${' '.repeat(LENGTH)}` },
  { name: 'a string that does not end', text: `a="${'\\"'.repeat(LENGTH)}` },
  { name: 'a parameter that does not come', text: `a=1;${' '.repeat(LENGTH)}` },
  { name: 'bytes that do not end', text: `a=:${'A'.repeat(LENGTH)}` },
  { name: 'spaces before what is no comma', text: `a=1${' '.repeat(LENGTH)}b` },
  { name: 'tabs and spaces before what is no comma', text: `a=1${'\t '.repeat(LENGTH)}b` },
  { name: 'digits', text: `a=${'1'.repeat(LENGTH)}` },
])('its work grows with the length alone: $name', ({ text }) => {
  expect(parseDictionary(text)).toBeUndefined()
})

test('a long string is read', () => {
  expect(parseDictionary(`a="${'\\"'.repeat(LENGTH)}"`)?.get('a')).toEqual(item('"'.repeat(LENGTH)))
})
