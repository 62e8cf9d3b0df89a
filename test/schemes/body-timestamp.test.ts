import { createHmac } from 'node:crypto'
import { defineProvider } from 'webhook-target'
import { bodyTimestamp, type BodyTimestampOptions } from 'webhook-target/schemes/body-timestamp'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { sign } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused, type Verdict } from './attempt.ts'

const key = 'key'
const inner = hmac({ secret: ['of the time before', key], header: 'x-signature' })
const signatureOf = (body: string) => createHmac('sha256', key).update(body).digest('hex')
const old = refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE')
const missing = refused('ERR_TIMESTAMP_MISSING')
const malformed = refused('ERR_TIMESTAMP_MALFORMED')

interface Case {
  readonly name: string
  readonly options?: Partial<BodyTimestampOptions>
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly expected: Verdict
}

const ms = { unit: 'ms', toleranceSeconds: 60 } as const
const withHeader = { fallbackHeader: 'X-Time' }

const CASES: readonly Case[] = [
  { name: 'a time of now', body: { at: NOW }, expected: accepted(1) },
  { name: 'a time as text', body: { at: String(NOW) }, expected: accepted(1) },
  { name: 'the oldest', body: { at: NOW - 300 }, expected: accepted(1) },
  { name: 'one too old', body: { at: NOW - 301 }, expected: old },
  { name: 'the latest', body: { at: NOW + 300 }, expected: accepted(1) },
  { name: 'one too late', body: { at: NOW + 301 }, expected: old },
  { name: 'none', body: {}, expected: missing },
  { name: 'null', body: { at: null }, expected: missing },
  { name: 'no object', body: [], expected: missing },
  { name: 'empty text', body: { at: '' }, expected: malformed },
  { name: 'a list of one', body: { at: [NOW] }, expected: malformed },
  { name: 'a fraction', body: { at: NOW + 0.5 }, expected: malformed },
  { name: 'milliseconds for seconds', body: { at: NOW * 1000 }, expected: malformed },
  { name: 'milliseconds', options: ms, body: { at: NOW * 1000 - 60_000 }, expected: accepted(1) },
  { name: 'too many of them', options: ms, body: { at: NOW * 1000 - 60_001 }, expected: old },
  {
    name: 'an ISO time in a member of a member',
    options: { unit: 'iso', member: 'meta.sent.at' },
    body: { meta: { sent: { at: '2023-11-14T22:13:20Z' } } },
    expected: accepted(1),
  },
  {
    name: 'any age',
    options: { toleranceSeconds: false },
    body: { at: 100_000_000 },
    expected: accepted(1),
  },
  {
    name: 'none of any age',
    options: { toleranceSeconds: false },
    body: {},
    expected: missing,
  },
  {
    name: 'one in the header',
    options: withHeader,
    body: {},
    headers: { 'x-time': String(NOW) },
    expected: accepted(1),
  },
  {
    name: 'an old one in the header',
    options: withHeader,
    body: {},
    headers: { 'x-time': String(NOW - 301) },
    expected: old,
  },
  { name: 'neither in the header', options: withHeader, body: {}, expected: missing },
  {
    name: 'an old one beside a fresh one in the header',
    options: withHeader,
    body: { at: NOW - 301 },
    headers: { 'x-time': String(NOW) },
    expected: old,
  },
  {
    name: 'a malformed one beside a fresh one in the header',
    options: withHeader,
    body: { at: {} },
    headers: { 'x-time': String(NOW) },
    expected: malformed,
  },
  {
    name: 'one in a header that does not count',
    body: {},
    headers: { 'x-time': String(NOW) },
    expected: missing,
  },
]

describe('bodyTimestamp', () => {
  test.each(CASES)('$name', async ({ options, body: value, headers, expected }) => {
    const body = JSON.stringify(value)
    const scheme = bodyTimestamp(inner, { member: 'at', ...options })
    const request = { body, headers: { 'x-signature': signatureOf(body), ...headers } }
    expect(await attempt(scheme, request)).toEqual(expected)
  })

  const scheme = bodyTimestamp(inner, { member: 'at', fallbackHeader: 'X-Time' })

  test.each([
    { name: 'a wrong signature', headers: { 'x-signature': '0'.repeat(64) }, code: 'MISMATCH' },
    { name: 'no signature', headers: {}, code: 'MISSING' },
  ])('says nothing of the time of $name', async ({ headers, code }) => {
    const verdict = await attempt(scheme, { body: '{"at":1}', headers })
    expect(verdict).toEqual(refused(`ERR_SIGNATURE_${code}`))
  })

  test.each(['text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'])(
    'finds the time whatever the type of the content: %s',
    async (type) => {
      const body = JSON.stringify({ at: NOW - 301 })
      const headers = { 'x-signature': signatureOf(body), 'content-type': type }
      expect(await attempt(scheme, { body, headers })).toEqual(old)
    },
  )

  test('watches its header too', () => {
    expect(scheme.headers).toEqual(['x-signature', 'x-time'])
    expect(scheme.name).toBe('hmac-sha256')
    expect(bodyTimestamp(inner, { member: 'at' }).headers).toEqual(['x-signature'])
  })

  test('waits for a scheme that takes its time', async () => {
    const slow = bodyTimestamp(sharedSecret({ header: 'x-token', secret: key }), { member: 'at' })
    const send = (at: number) =>
      attempt(slow, { body: JSON.stringify({ at }), headers: { 'x-token': key } })
    expect(await send(NOW)).toEqual(accepted())
    expect(await send(NOW - 301)).toEqual(old)
  })

  test.each([
    { name: 'no member', options: { member: '' } },
    { name: 'a tolerance of 0', options: { member: 'at', toleranceSeconds: 0 } },
    { name: 'a tolerance that is no number', options: { member: 'at', toleranceSeconds: NaN } },
  ])('$name throws', ({ options }) => {
    expect(() => bodyTimestamp(inner, options)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

describe('sign', () => {
  const now = NOW * 1000 + 500
  const send = (options: BodyTimestampOptions, body: unknown) =>
    sign(
      defineProvider({ name: 'sender', verify: bodyTimestamp(inner, options) }),
      { body },
      { now },
    )

  test.each([
    { unit: 's', member: 'at', before: { n: 1 }, after: { n: 1, at: NOW } },
    { unit: 'ms', member: 'at', before: { at: 7, n: 1 }, after: { at: now, n: 1 } },
    {
      unit: 'iso',
      member: 'meta.at',
      before: { meta: { n: 1 } },
      after: { meta: { n: 1, at: '2023-11-14T22:13:20.500Z' } },
    },
    { unit: 's', member: 'meta.at', before: {}, after: { meta: { at: NOW } } },
  ] as const)('sets $member in $unit', async ({ unit, member, before, after }) => {
    const request = await send({ unit, member }, before)
    const body = await request.text()
    expect(JSON.parse(body)).toEqual(after)
    expect(request.headers.get('x-signature')).toBe(
      createHmac('sha256', 'of the time before').update(body).digest('hex'),
    )
  })

  test.each(['text', '[]', '7', 'null'])('of %s throws', async (body) => {
    await expect(send({ member: 'at' }, body)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
  })

  test('is absent where only the sender can', () => {
    const { sign: _, ...verifying } = inner
    expect(bodyTimestamp(verifying, { member: 'at' }).sign).toBeUndefined()
  })
})
