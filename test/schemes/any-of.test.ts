import { createHmac } from 'node:crypto'
import { anyOf } from 'webhook-target/schemes/any-of'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { unauthenticated } from 'webhook-target/schemes/unauthenticated'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, refused } from './attempt.ts'

const body = '{"n":1}'
const signature = createHmac('sha256', 'key').update(body).digest('hex')
const wrong = '0'.repeat(64)

describe('anyOf', () => {
  const scheme = anyOf(
    hmac({ secret: 'key', header: 'x-signature' }),
    sharedSecret({ header: 'x-token', secret: 'token' }),
  )
  const mismatch = refused('ERR_SIGNATURE_MISMATCH')

  test.each([
    { name: 'the signature', headers: { 'x-signature': signature }, expected: accepted() },
    { name: 'the token', headers: { 'x-token': 'token' }, expected: accepted() },
    {
      name: 'both',
      headers: { 'x-signature': signature, 'x-token': 'token' },
      expected: accepted(),
    },
    {
      name: 'a wrong token beside a signature',
      headers: { 'x-signature': signature, 'x-token': 'x' },
      expected: accepted(),
    },
    {
      name: 'a wrong signature beside a token',
      headers: { 'x-signature': wrong, 'x-token': 'token' },
      expected: mismatch,
    },
    {
      name: 'a malformed signature beside a token',
      headers: { 'x-signature': 'x', 'x-token': 'token' },
      expected: refused('ERR_SIGNATURE_MALFORMED'),
    },
    {
      name: 'a wrong token',
      headers: { 'x-token': 'x' },
      expected: refused('ERR_CREDENTIAL_MISMATCH'),
    },
    { name: 'neither', headers: {}, expected: refused('ERR_SIGNATURE_MISSING') },
  ])('$name', async ({ headers, expected }) => {
    expect(await attempt(scheme, { body, headers })).toEqual(expected)
  })

  test('watches the header fields of all of them', () => {
    expect(scheme.headers).toEqual(['x-signature', 'x-token'])
    expect(scheme.name).toBe('any-of(hmac-sha256, shared-secret)')
  })

  test('of nothing throws', () => {
    expect(() => anyOf()).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error)
  })
})

describe('unauthenticated', () => {
  test('takes every delivery', async () => {
    const scheme = unauthenticated({ reason: 'The weather station sends no credentials' })
    expect(await attempt(scheme, { body })).toEqual(accepted())
  })

  test.each([undefined, '', 'because', ' '.repeat(20)])(
    'without a reason (%j) throws',
    (reason) => {
      expect(() => unauthenticated({ reason: reason as string })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
      )
    },
  )
})
