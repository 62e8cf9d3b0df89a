import { drop, reply, retry } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { isOutcome } from '../src/outcomes.ts'

describe('what outcomes refuse', () => {
  test.each([199, 300, 404, 500, 200.5, NaN, '200'])('reply() refuses the status %s', (status) => {
    expect(() => reply('x', { status: status as number })).toThrow(RangeError)
  })
  test.each(['', 'text/plain\n', 'text/\u00fc', '\u0000'])(
    'reply() refuses the content type %j',
    (contentType) => {
      expect(() => reply('x', { contentType })).toThrow(TypeError)
    },
  )
  test.each([-1, NaN, Infinity, '5'])('retry() refuses %s seconds', (afterSeconds) => {
    expect(() => retry({ afterSeconds: afterSeconds as number })).toThrow(RangeError)
  })
})

describe('what is an outcome', () => {
  test.each([
    [drop('x'), true],
    [retry(), true],
    [reply({}), true],
    // What a sender could put into a payload, and a handler return as it came.
    [{ kind: 'retry' }, false],
    [JSON.parse('{"kind":"dropped","reason":"x"}') as unknown, false],
    [JSON.parse(JSON.stringify(retry())) as unknown, false],
    [undefined, false],
    [null, false],
    ['retry', false],
    [new Response(), false],
  ])('%o: %s', (value, expected) => {
    expect(isOutcome(value)).toBe(expected)
  })
})
