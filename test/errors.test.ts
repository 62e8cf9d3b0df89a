import { ERRORS, isWebhookError, WebhookError, type ErrorCode } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { messageOf } from '../src/errors.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]

describe('codes', () => {
  test.each(codes)('%s: the status fits the kind', (code) => {
    const { status, kind, message, name } = new WebhookError(code, 'what was seen')
    expect({ message, name }).toEqual({ message: 'what was seen', name: 'WebhookError' })
    if (kind === 'unavailable') expect(status).toBeGreaterThanOrEqual(500)
    else expect(status).toBeLessThan(500)
    if (kind === 'refused') expect(status).toBe(401)
    expect(status).toBeGreaterThanOrEqual(400)
  })

  test('a cause is there only if given', () => {
    expect('cause' in new WebhookError('ERR_INTERNAL', 'x')).toBe(false)
    expect(new WebhookError('ERR_INTERNAL', 'x', { cause: 0 }).cause).toBe(0)
  })
})

describe('isWebhookError', () => {
  test.each([
    ['one of ours', new WebhookError('ERR_INTERNAL', 'x'), true],
    [
      'one of another copy',
      Object.assign(new Error('x'), { name: 'WebhookError', code: 'ERR_INTERNAL' }),
      true,
    ],
    ['a code that is none', { name: 'WebhookError', code: 'ERR_MADE_UP' }, false],
    ['a code of every object', { name: 'WebhookError', code: 'toString' }, false],
    ['no code', { name: 'WebhookError' }, false],
    ['an Error', new Error('x'), false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['text', 'WebhookError', false],
  ])('%s', (_, value, expected) => {
    expect(isWebhookError(value)).toBe(expected)
  })
})

test.each([
  [new Error('x'), 'x'],
  ['x', 'x'],
  [undefined, 'undefined'],
  [Symbol('x'), 'Symbol(x)'],
  [Object.create(null), 'something that is no text'],
  [{ toString: () => ({}) }, 'something that is no text'],
] as readonly [unknown, string][])('messageOf: %#', (thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected)
})
