import { sharedSecret, type SharedSecretPlace } from 'webhook-target/schemes/shared-secret'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, refused, type Attempt, type Verdict } from './attempt.ts'

const secret = 'b7e1c0ffee'
const missing = refused('ERR_CREDENTIAL_MISSING')
const mismatch = refused('ERR_CREDENTIAL_MISMATCH')
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const url = 'https://hooks.example.com/in'

interface Case extends Attempt {
  readonly name: string
  readonly expected: Verdict
}

const PLACES: readonly { place: SharedSecretPlace; cases: readonly Case[] }[] = [
  {
    place: { header: 'X-Token' },
    cases: [
      { name: 'right', headers: { 'x-token': secret }, expected: accepted() },
      { name: 'wrong', headers: { 'x-token': 'b7e1c0ffef' }, expected: mismatch },
      { name: 'a prefix of it', headers: { 'x-token': secret.slice(0, -1) }, expected: mismatch },
      { name: 'more than it', headers: { 'x-token': `${secret}e` }, expected: mismatch },
      { name: 'in upper case', headers: { 'x-token': secret.toUpperCase() }, expected: mismatch },
      { name: 'twice', headers: { 'x-token': `${secret}, ${secret}` }, expected: mismatch },
      { name: 'missing', expected: missing },
      { name: 'empty', headers: { 'x-token': '' }, expected: missing },
      { name: 'in the query', url: `${url}?X-Token=${secret}`, expected: missing },
      { name: 'in the body', body: `{"X-Token":"${secret}"}`, headers: json, expected: missing },
    ],
  },
  {
    place: { bearer: true },
    cases: [
      { name: 'right', headers: { authorization: `Bearer ${secret}` }, expected: accepted() },
      {
        name: 'in lower case',
        headers: { authorization: `bearer ${secret}` },
        expected: accepted(),
      },
      { name: 'wrong', headers: { authorization: 'Bearer x' }, expected: mismatch },
      {
        name: 'of another scheme',
        headers: { authorization: `Basic ${secret}` },
        expected: missing,
      },
      { name: 'bare', headers: { authorization: secret }, expected: missing },
      { name: 'two words', headers: { authorization: `Bearer ${secret} x` }, expected: missing },
      { name: 'missing', expected: missing },
    ],
  },
  {
    place: { query: 'token' },
    cases: [
      { name: 'right', url: `${url}?a=1&token=${secret}`, expected: accepted() },
      { name: 'percent-encoded', url: `${url}?token=%62${secret.slice(1)}`, expected: accepted() },
      { name: 'wrong', url: `${url}?token=x`, expected: mismatch },
      { name: 'twice', url: `${url}?token=${secret}&token=${secret}`, expected: missing },
      { name: 'twice, once wrong', url: `${url}?token=x&token=${secret}`, expected: missing },
      { name: 'empty', url: `${url}?token=`, expected: missing },
      { name: 'missing', expected: missing },
      { name: 'in a header', headers: { token: secret }, expected: missing },
    ],
  },
  {
    place: { member: 'auth.token' },
    cases: [
      {
        name: 'right',
        body: `{"auth":{"token":"${secret}"}}`,
        headers: json,
        expected: accepted(),
      },
      { name: 'wrong', body: '{"auth":{"token":"x"}}', headers: json, expected: mismatch },
      {
        name: 'in a list',
        body: `{"auth":{"token":["${secret}"]}}`,
        headers: json,
        expected: missing,
      },
      { name: 'null', body: '{"auth":{"token":null}}', headers: json, expected: missing },
      { name: 'a number', body: '{"auth":{"token":7}}', headers: json, expected: missing },
      { name: 'elsewhere', body: `{"token":"${secret}"}`, headers: json, expected: missing },
      {
        name: 'under a dotted name',
        body: `{"auth.token":"${secret}"}`,
        headers: json,
        expected: missing,
      },
      { name: 'behind null', body: '{"auth":null}', headers: json, expected: missing },
      {
        name: 'in a list of objects',
        body: `[{"auth":{"token":"${secret}"}}]`,
        headers: json,
        expected: missing,
      },
      {
        name: 'in a header',
        body: '{}',
        headers: { ...json, 'auth.token': secret },
        expected: missing,
      },
      {
        name: 'no JSON',
        body: secret,
        headers: json,
        expected: { status: 400, code: 'ERR_BODY_MALFORMED' },
      },
    ],
  },
  {
    place: { member: '__proto__.token' },
    cases: [{ name: 'of every object', body: '{}', headers: json, expected: missing }],
  },
  {
    place: { field: 'token' },
    cases: [
      { name: 'right', body: `a=1&token=${secret}`, headers: form, expected: accepted() },
      { name: 'wrong', body: 'token=x', headers: form, expected: mismatch },
      { name: 'twice', body: `token=${secret}&token=${secret}`, headers: form, expected: missing },
      { name: 'missing', body: 'a=1', headers: form, expected: missing },
      {
        name: 'in the query',
        body: 'a=1',
        url: `${url}?token=${secret}`,
        headers: form,
        expected: missing,
      },
    ],
  },
]

describe.each(PLACES)('a secret in $place', ({ place, cases }) => {
  const scheme = sharedSecret({ ...place, secret })

  test.each(cases)('$name', async ({ expected, ...request }) => {
    expect(await attempt(scheme, request)).toEqual(expected)
  })
})

test('tells which of several matched', async () => {
  const scheme = sharedSecret({ header: 'x-token', secret: ['new', 'old'] })
  expect(await attempt(scheme, { headers: { 'x-token': 'new' } })).toEqual(accepted(0))
  expect(await attempt(scheme, { headers: { 'x-token': 'old' } })).toEqual(accepted(1))
})

test('a secret beyond ASCII counts as its UTF-8 bytes', async () => {
  const scheme = sharedSecret({ member: 'token', secret: 'g\u00e4nsef\u00fc\u00dfchen' })
  const verdict = (token: string) =>
    attempt(scheme, { headers: json, body: JSON.stringify({ token }) })
  expect(await verdict('g\u00e4nsef\u00fc\u00dfchen')).toEqual(accepted())
  expect(await verdict('ga\u0308nsefu\u0308\u00dfchen')).toEqual(mismatch)
})

test.each<[place: object]>([
  [{}],
  [{ header: '' }],
  [{ header: undefined }],
  [{ header: null }],
  [{ header: ['x-token'] }],
  [{ query: '' }],
  [{ member: '' }],
  [{ field: '' }],
  [{ field: undefined }],
  [{ bearer: false }],
  [{ bearer: 'x-token' }],
  [{ header: 'x-token', member: 'token' }],
  [{ bearer: true, query: 'token' }],
  [{ header: 'x-token', bearer: undefined }],
  [{ cookie: 'token' }],
  [{ toString: 'token' }],
])('%o is no place', (place) => {
  expect(() => sharedSecret({ ...place, secret } as Parameters<typeof sharedSecret>[0])).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }) as Error,
  )
})
