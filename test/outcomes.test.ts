import { Readable } from 'node:stream'
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
  test.each<[name: string, body: unknown]>([
    ['a Response', new Response('hello')],
    ['a Response of another realm', { status: 200, arrayBuffer: () => Promise.resolve() }],
    ['a stream', new ReadableStream()],
    ['a stream of Node', Readable.from(['hello'])],
    ['a promise', Promise.resolve('hello')],
    ['a Blob', new Blob(['hello'])],
  ])('reply() refuses %s, of which JSON would make {}', (_, body) => {
    expect(() => reply(body)).toThrow(TypeError)
  })
  test.each([
    [undefined],
    [null],
    [0],
    ['text'],
    [new Uint8Array([1])],
    [JSON.parse('{"then":1,"arrayBuffer":"x"}')],
    [[1]],
    [Object.create(null)],
  ])('reply() takes %o', (body) => {
    expect(reply(body)).toMatchObject({ kind: 'replied' })
  })
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
