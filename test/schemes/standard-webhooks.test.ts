import { createHmac, generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import { standardWebhooks } from 'webhook-target/schemes/standard-webhooks'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const key = Buffer.from('twenty-four bytes at least')
const secret = `whsec_${key.toString('base64')}`
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const whpk = `whpk_${Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64')}`

const body = '{"type":"user.created"}'
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
const content = `${id}.${NOW}.${body}`
const v1 = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
const v1a = `v1a,${nodeSign(null, Buffer.from(content), privateKey).toString('base64')}`
const zero = `v1,${'A'.repeat(43)}=`

const mismatch = refused('ERR_SIGNATURE_MISMATCH')
const malformed = refused('ERR_SIGNATURE_MALFORMED')
const headers = (signature: string, changes: Record<string, string> = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': `${NOW}`,
  'webhook-signature': signature,
  ...changes,
})

describe('v1', () => {
  test.each([
    { name: 'right', headers: headers(v1), expected: accepted() },
    { name: 'behind an older one', headers: headers(`${zero} ${v1}`), expected: accepted() },
    {
      name: 'between versions unknown here',
      headers: headers(`v2,abc ${v1} v3,x`),
      expected: accepted(),
    },
    { name: 'wrong', headers: headers(zero), expected: mismatch },
    {
      name: 'under another version',
      headers: headers(v1.replace('v1', 'v2')),
      expected: malformed,
    },
    { name: 'as v1a', headers: headers(v1.replace('v1', 'v1a')), expected: malformed },
    { name: 'without a version', headers: headers(v1.slice(3)), expected: malformed },
    { name: 'without padding', headers: headers(v1.slice(0, -1)), expected: malformed },
    { name: 'partial', headers: headers(v1.slice(0, 9)), expected: malformed },
    { name: 'empty', headers: headers('v1,'), expected: malformed },
    {
      name: 'more than any rotation',
      headers: headers(Array(11).fill(v1).join(' ')),
      expected: malformed,
    },
    { name: 'from two fields', headers: headers(`${v1}, ${v1}`), expected: malformed },
    { name: 'only v1a', headers: headers(v1a), expected: mismatch },
    { name: 'of another id', headers: headers(v1, { 'webhook-id': 'msg_1' }), expected: mismatch },
    { name: 'without an id', headers: headers(v1, { 'webhook-id': '' }), expected: malformed },
    {
      name: 'of another time',
      headers: headers(v1, { 'webhook-timestamp': `${NOW + 1}` }),
      expected: mismatch,
    },
    {
      name: 'without a time',
      headers: headers(v1, { 'webhook-timestamp': '' }),
      expected: refused('ERR_TIMESTAMP_MISSING'),
    },
    { name: 'of another body', headers: headers(v1), body: '{}', expected: mismatch },
    {
      name: 'too old',
      headers: headers(v1),
      now: NOW + 301,
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
    {
      name: 'too far ahead',
      headers: headers(v1),
      now: NOW - 301,
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
  ])('$name', async ({ expected, ...request }) => {
    expect(await attempt(standardWebhooks({ secret }), { body, ...request })).toEqual(expected)
  })

  test('an id with a dot could move the border between id and time', async () => {
    const moved = headers(v1, { 'webhook-id': `${id}.${NOW}`, 'webhook-timestamp': `${NOW}` })
    const signature = createHmac('sha256', key)
      .update(`${id}.${NOW}.${NOW}.${body}`)
      .digest('base64')
    const request = { body, headers: { ...moved, 'webhook-signature': `v1,${signature}` } }
    expect(await attempt(standardWebhooks({ secret }), request)).toEqual(malformed)
  })

  test.each([
    ['without its prefix', key.toString('base64')],
    ['as bytes', new Uint8Array(key)],
  ])('a secret %s', async (_, given) => {
    const request = { body, headers: headers(v1) }
    expect(await attempt(standardWebhooks({ secret: given }), request)).toEqual(accepted())
  })
})

describe('the names of Svix', () => {
  const svix = { 'svix-id': id, 'svix-timestamp': `${NOW}`, 'svix-signature': v1 }

  test.each([
    { name: 'alone', headers: svix, expected: accepted() },
    { name: 'beside the others', headers: { ...svix, ...headers(v1) }, expected: accepted() },
    {
      name: 'beside a wrong signature',
      headers: { ...svix, ...headers(zero) },
      expected: mismatch,
    },
    {
      name: 'mixed with the others',
      headers: { ...svix, 'svix-id': '', 'webhook-id': id },
      expected: malformed,
    },
  ])('$name', async ({ headers: given, expected }) => {
    expect(await attempt(standardWebhooks({ secret }), { body, headers: given })).toEqual(expected)
  })
})

describe('v1a', () => {
  test.each([
    { name: 'right', headers: headers(v1a), expected: accepted() },
    { name: 'without padding', headers: headers(v1a.replace(/=+$/, '')), expected: malformed },
    { name: 'behind a v1', headers: headers(`${v1} ${v1a}`), expected: accepted() },
    { name: 'of another body', headers: headers(v1a), body: '{}', expected: mismatch },
    { name: 'only v1', headers: headers(v1), expected: mismatch },
    { name: 'cut short', headers: headers(v1a.slice(0, -4)), expected: malformed },
  ])('$name', async ({ expected, ...request }) => {
    expect(await attempt(standardWebhooks({ secret: whpk }), { body, ...request })).toEqual(
      expected,
    )
  })

  test('a public key is no secret: nobody can sign v1 with it', async () => {
    const bytes = Buffer.from(whpk.slice('whpk_'.length), 'base64')
    for (const forgedWith of [bytes, Buffer.from(whpk)]) {
      const forged = `v1,${createHmac('sha256', forgedWith).update(content).digest('base64')}`
      const request = { body, headers: headers(forged) }
      expect(await attempt(standardWebhooks({ secret: whpk }), request)).toEqual(mismatch)
    }
  })

  test('both kinds of key at once', async () => {
    const scheme = standardWebhooks({ secret: [secret, whpk] })
    expect(await attempt(scheme, { body, headers: headers(v1) })).toEqual(accepted(0))
    expect(await attempt(scheme, { body, headers: headers(v1a) })).toEqual(accepted(1))
  })
})

describe('options', () => {
  test('toleranceSeconds', async () => {
    const request = { body, headers: headers(v1), now: NOW + 1000 }
    expect(await attempt(standardWebhooks({ secret, toleranceSeconds: 1000 }), request)).toEqual(
      accepted(),
    )
    expect(await attempt(standardWebhooks({ secret, toleranceSeconds: false }), request)).toEqual(
      accepted(),
    )
  })

  test('keyBytes', () => {
    expect(standardWebhooks({ secret, keyBytes: key.length }).name).toBe('standard-webhooks')
    expect(() => standardWebhooks({ secret, keyBytes: 32 })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_MALFORMED' }) as Error,
    )
  })
})
