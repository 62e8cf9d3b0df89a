import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { negotiatedHmac } from 'webhook-target/schemes/negotiated-hmac'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const body = '{"n":1}'
const digest = (algorithm: string, key = 'key') =>
  createHmac(algorithm, key).update(body).digest('hex')
const scheme = negotiatedHmac({
  secret: ['key', 'old'],
  header: 'X-Hub-Signature',
  algorithms: ['sha256', 'sha512'],
})
const malformed = refused('ERR_SIGNATURE_MALFORMED')

describe('the algorithm is one of the list', () => {
  test.each([
    { name: 'the first', value: `sha256=${digest('sha256')}`, expected: accepted() },
    { name: 'the second', value: `sha512=${digest('sha512')}`, expected: accepted() },
    { name: 'an older key', value: `sha512=${digest('sha512', 'old')}`, expected: accepted(1) },
    {
      name: 'another key',
      value: `sha256=${digest('sha256', 'x')}`,
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    { name: 'not in the list', value: `sha1=${digest('sha1')}`, expected: malformed },
    { name: 'too weak', value: `md5=${digest('md5')}`, expected: malformed },
    { name: 'the wrong one', value: `sha512=${digest('sha256')}`, expected: malformed },
    { name: 'in upper case', value: `SHA256=${digest('sha256')}`, expected: malformed },
    { name: 'absent', value: digest('sha256'), expected: malformed },
    { name: 'the name of a member', value: `constructor=${digest('sha256')}`, expected: malformed },
    { name: 'empty', value: 'sha256=', expected: malformed },
    { name: 'twice', value: `sha1=sha256=${digest('sha256')}`, expected: malformed },
    { name: 'no signature at all', value: '', expected: refused('ERR_SIGNATURE_MISSING') },
  ])('$name', async ({ value, expected }) => {
    const headers = { 'x-hub-signature': value }
    expect(await attempt(scheme, { body, headers })).toEqual(expected)
  })
})

test('signing uses the first', async () => {
  const message = {
    method: 'POST',
    url: 'https://example.com/',
    headers: {},
    body: new TextEncoder().encode(body),
  }
  const { headers } = await scheme.sign!(message, { now: NOW * 1000 })
  expect(headers).toEqual({ 'x-hub-signature': `sha256=${digest('sha256')}` })
})

test('of no algorithm throws', () => {
  const algorithms = [] as unknown as ['sha256']
  expect(() => negotiatedHmac({ secret: 'key', header: 'x-signature', algorithms })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
  )
})

test('no name that is not configured is taken, whatever the digest', async () => {
  const names = fc.string({ maxLength: 12 }).filter((name) => !/^sha(256|512)$/.test(name))
  await fc.assert(
    fc.asyncProperty(names, fc.constantFrom('sha256', 'sha512'), async (name, algorithm) => {
      const headers = { 'x-hub-signature': `${name}=${digest(algorithm)}` }
      const { status } = await attempt(scheme, { body, headers })
      expect(status).toBe(401)
    }),
    { numRuns: 100 },
  )
})
