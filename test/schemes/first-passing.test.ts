import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { WebhookError, type Scheme } from 'webhook-target'
import { firstPassing } from 'webhook-target/schemes/first-passing'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const body = '{"n":1}'
const sign = (key: string) => createHmac('sha256', key).update(body).digest('hex')
const [one, two, wrong] = [sign('one'), sign('two'), sign('other')]
const mismatch = refused('ERR_SIGNATURE_MISMATCH')
const malformed = refused('ERR_SIGNATURE_MALFORMED')

const CASES: readonly {
  readonly name: string
  readonly headers: Record<string, string>
  readonly own: object
  readonly shared: object
}[] = [
  { name: 'the first', headers: { 'x-1': one }, own: accepted(0), shared: accepted(0) },
  { name: 'the second', headers: { 'x-2': two }, own: accepted(1), shared: accepted(1) },
  { name: 'both', headers: { 'x-1': one, 'x-2': two }, own: accepted(0), shared: accepted(0) },
  {
    name: 'a wrong one beside the second',
    headers: { 'x-1': wrong, 'x-2': two },
    own: accepted(1),
    shared: accepted(1),
  },
  {
    name: 'a malformed one beside the second',
    headers: { 'x-1': 'x', 'x-2': two },
    own: accepted(1),
    shared: accepted(1),
  },
  {
    name: 'a wrong one behind the first',
    headers: { 'x-1': one, 'x-2': wrong },
    own: accepted(0),
    shared: accepted(0),
  },
  {
    name: 'in each other\u2019s field',
    headers: { 'x-1': two, 'x-2': one },
    own: mismatch,
    shared: accepted(1),
  },
  { name: 'wrong', headers: { 'x-1': wrong, 'x-2': wrong }, own: mismatch, shared: mismatch },
  {
    name: 'a wrong and a malformed one',
    headers: { 'x-1': wrong, 'x-2': 'x' },
    own: mismatch,
    shared: mismatch,
  },
  {
    name: 'a malformed and a wrong one',
    headers: { 'x-1': 'x', 'x-2': wrong },
    own: mismatch,
    shared: mismatch,
  },
  { name: 'malformed', headers: { 'x-1': 'x', 'x-2': 'x' }, own: malformed, shared: malformed },
  {
    name: 'none',
    headers: {},
    own: refused('ERR_SIGNATURE_MISSING'),
    shared: refused('ERR_SIGNATURE_MISSING'),
  },
]

describe('a key of its own for each', () => {
  const scheme = firstPassing({
    keys: 'own',
    schemes: [hmac({ secret: 'one', header: 'x-1' }), hmac({ secret: 'two', header: 'x-2' })],
  })

  test.each(CASES)('$name', async ({ headers, own }) => {
    expect(await attempt(scheme, { body, headers })).toEqual(own)
  })

  test('signs with all of them', async () => {
    const message = { method: 'POST', url: 'https://example.com/', headers: {}, body: encode(body) }
    const { headers } = await scheme.sign!(message, { now: NOW * 1000 })
    expect(headers).toEqual({ 'x-1': one, 'x-2': two })
  })
})

describe('the same keys for all', () => {
  const secret = ['one', 'two']
  const scheme = firstPassing({
    keys: 'shared',
    schemes: [hmac({ secret, header: 'x-1' }), hmac({ secret, header: 'x-2' })],
  })

  test.each(CASES)('$name', async ({ headers, shared }) => {
    expect(await attempt(scheme, { body, headers })).toEqual(shared)
  })

  test('signs with the first', async () => {
    const message = { method: 'POST', url: 'https://example.com/', headers: {}, body: encode(body) }
    const { headers } = await scheme.sign!(message, { now: NOW * 1000 })
    expect(headers).toEqual({ 'x-1': one })
  })
})

describe('one that can not be decided', () => {
  const down = hmac({ header: 'x-1', secret: () => Promise.reject(new Error('down')) })
  const other = hmac({ header: 'x-2', secret: 'two' })
  const unavailable = { status: 503, code: 'ERR_SECRET_UNAVAILABLE' }

  test.each([
    { name: 'alone', headers: { 'x-1': one }, expected: unavailable },
    { name: 'beside a wrong one', headers: { 'x-1': one, 'x-2': wrong }, expected: unavailable },
    { name: 'beside a malformed one', headers: { 'x-1': one, 'x-2': 'x' }, expected: unavailable },
    { name: 'that is not there', headers: { 'x-2': wrong }, expected: mismatch },
  ])('$name', async ({ headers, expected }) => {
    for (const schemes of [
      [down, other],
      [other, down],
    ]) {
      const scheme = firstPassing({ keys: 'own', schemes })
      expect(await attempt(scheme, { body, headers })).toEqual(expected)
    }
  })

  test('beside one that passes', async () => {
    const scheme = firstPassing({ keys: 'own', schemes: [down, other] })
    const headers = { 'x-1': one, 'x-2': two }
    expect(await attempt(scheme, { body, headers })).toEqual(accepted(1))
  })

  test('for a fault of our own counts as undecided', async () => {
    const broken: Scheme = { ...down, open: () => Promise.reject(new RangeError('broken')) }
    const scheme = firstPassing({ keys: 'own', schemes: [broken, other] })
    const headers = { 'x-1': one, 'x-2': wrong }
    expect(await attempt(scheme, { body, headers })).toEqual({ status: 503, code: 'ERR_INTERNAL' })
  })
})

describe('the refusal', () => {
  const failing = (code: ConstructorParameters<typeof WebhookError>[0]): Scheme => ({
    name: code,
    headers: [],
    applies: () => true,
    open() {
      throw new WebhookError(code, code)
    },
  })

  test('does not depend on the order', async () => {
    const codes = [
      'ERR_SIGNATURE_MISSING',
      'ERR_TENANT_UNKNOWN',
      'ERR_SIGNATURE_MALFORMED',
      'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
      'ERR_SIGNATURE_MISMATCH',
    ] as const
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...codes], { minLength: 1 }), async (subset) => {
        const scheme = firstPassing({ keys: 'own', schemes: subset.map(failing) })
        const most = codes.findLast((code) => subset.includes(code))!
        expect(await attempt(scheme, { body })).toEqual(refused(most))
      }),
      { numRuns: 40 },
    )
  })
})

describe('evidence in the body', () => {
  const scheme = firstPassing({
    keys: 'own',
    schemes: [
      sharedSecret({ member: 'a', secret: 'one' }),
      sharedSecret({ member: 'b', secret: 'two' }),
    ],
  })

  test.each([
    { name: 'the first', body: '{"a":"one"}', expected: accepted(0) },
    { name: 'the second', body: '{"b":"two"}', expected: accepted(1) },
    { name: 'a wrong one too', body: '{"a":"x","b":"two"}', expected: accepted(1) },
    { name: 'wrong', body: '{"b":"x"}', expected: refused('ERR_CREDENTIAL_MISMATCH') },
    { name: 'none', body: '{}', expected: refused('ERR_CREDENTIAL_MISSING') },
  ])('$name', async ({ body: text, expected }) => {
    expect(await attempt(scheme, { body: text })).toEqual(expected)
  })
})

test('of nothing throws', () => {
  expect(() => firstPassing({ keys: 'own', schemes: [] })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
  )
})

const encode = (text: string) => new TextEncoder().encode(text)
