import { createHmac } from 'node:crypto'
import type { Scheme, SecretSource, UntrustedHint } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { twilio } from 'webhook-target/providers/twilio'
import { ed25519 } from 'webhook-target/schemes/ed25519'
import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { standardWebhooks } from 'webhook-target/schemes/standard-webhooks'
import { describe, expect, test, vi } from 'vitest'
import { accepted, attempt, refused } from './attempt.ts'

type Create = (secret: SecretSource | undefined) => Scheme

/** Every scheme, with a secret that it takes. */
const SCHEMES: readonly { name: string; valid: string; create: Create }[] = [
  { name: 'hmac', valid: 'abc', create: (secret) => hmac({ secret, header: 'x-signature' }) },
  {
    name: 'shared-secret',
    valid: 'abc',
    create: (secret) => sharedSecret({ header: 'x-token', secret }),
  },
  {
    name: 'shared-secret in the body',
    valid: 'abc',
    create: (secret) => sharedSecret({ member: 'token', secret }),
  },
  { name: 'basic-auth', valid: 'abc', create: (secret) => basicAuth({ username: 'hook', secret }) },
  {
    name: 'standard-webhooks',
    valid: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    create: (secret) => standardWebhooks({ secret }),
  },
  {
    name: 'ed25519',
    valid: 'ac20ce40d2aeee8ddbeee60f79dfd350a79139185666c9a79ab4d4f986fc710d',
    create: (publicKey) => ed25519({ publicKey, header: 'x-signature' }),
  },
]

const UNFIT: readonly { name: string; secret: unknown; code: string }[] = [
  { name: 'undefined', secret: undefined, code: 'ERR_SECRET_EMPTY' },
  { name: 'null', secret: null, code: 'ERR_SECRET_EMPTY' },
  { name: 'empty', secret: '', code: 'ERR_SECRET_EMPTY' },
  { name: 'a space', secret: ' ', code: 'ERR_SECRET_EMPTY' },
  { name: 'line ends', secret: '\r\n', code: 'ERR_SECRET_EMPTY' },
  { name: 'the text undefined', secret: 'undefined', code: 'ERR_SECRET_EMPTY' },
  { name: 'the text null', secret: 'null', code: 'ERR_SECRET_EMPTY' },
  { name: 'no bytes', secret: new Uint8Array(), code: 'ERR_SECRET_EMPTY' },
  { name: 'an empty list', secret: [], code: 'ERR_SECRET_EMPTY' },
  { name: 'a number', secret: 12345, code: 'ERR_SECRET_MALFORMED' },
  { name: 'an object', secret: {}, code: 'ERR_SECRET_MALFORMED' },
  { name: 'a promise', secret: Promise.resolve('abc'), code: 'ERR_SECRET_MALFORMED' },
  // What a template makes of a variable that is not set.
  ...[
    'whsec_',
    'whsec_undefined',
    'whsec_null',
    'whsec_=',
    'whsec_==',
    'v1,whsec_',
    'v1,whsec_undefined',
    'v1,whsec_null',
    'WHSEC_UNDEFINED',
    'sha256=',
    'sha256=undefined',
    'Bearer undefined',
    'key:null',
    'my_app_secret_',
  ].map((secret) => ({ name: secret, secret, code: 'ERR_SECRET_EMPTY' })),
  { name: 'with a line end', secret: 'abc\n', code: 'ERR_SECRET_MALFORMED' },
  { name: 'with a space before it', secret: ' abc', code: 'ERR_SECRET_MALFORMED' },
]

describe.each(SCHEMES)(
  '$name throws when it is created with a secret that is',
  ({ create, valid }) => {
    const failure = (code: string) => expect.objectContaining({ name: 'TypeError', code }) as Error

    test.each(UNFIT)('$name', ({ secret, code }) => {
      expect(() => create(secret as string)).toThrow(failure(code))
    })

    test.each(UNFIT.filter(({ name }) => name !== 'an empty list'))(
      '$name, second in a list',
      ({ secret, code }) => {
        expect(() => create([valid, secret as string])).toThrow(failure(code))
      },
    )
  },
)

describe('a prefix without a secret', () => {
  test.each([
    {
      name: 'whsec_',
      create: () => standardWebhooks({ secret: 'whsec_' }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'whpk_',
      create: () => standardWebhooks({ secret: 'whpk_' }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'of hmac',
      create: () => hmac({ secret: 'key_', header: 'x', secretForm: { prefix: 'key_' } }),
      code: 'ERR_SECRET_EMPTY',
    },
    {
      name: 'no base64',
      create: () => standardWebhooks({ secret: 'whsec_%%%' }),
      code: 'ERR_SECRET_MALFORMED',
    },
    {
      name: 'no hex',
      create: () => hmac({ secret: 'abc', header: 'x', secretForm: { encoding: 'hex' } }),
      code: 'ERR_SECRET_MALFORMED',
    },
  ])('$name throws', ({ create, code }) => {
    expect(create).toThrow(expect.objectContaining({ name: 'TypeError', code }) as Error)
  })
})

test.each([
  'whsec_undefinedX',
  'whsec_abc',
  'nullable',
  'undefined1',
  'dGVzdA==',
  'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq=',
  'correct horse battery staple',
  '_',
  '=',
])('%s may be a secret', (secret) => {
  expect(() => hmac({ secret, header: 'x-signature' })).not.toThrow()
})

test.each([github, stripe, slack, shopify, twilio])(
  '$name refuses what a template makes of an unset variable',
  (provider) => {
    for (const secret of ['whsec_undefined', 'whsec_null', 'whsec_=', 'v1,whsec_', 'undefined']) {
      expect(() => provider({ secret })).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_SECRET_EMPTY' }) as Error,
      )
    }
  },
)

test('no message holds a secret', () => {
  const secret = ' top-secret'
  try {
    hmac({ secret, header: 'x-signature' })
    expect.unreachable()
  } catch (error) {
    expect(String(error)).not.toContain('top-secret')
  }
})

const body = '{"n":1}'
const sign = (secret: string) => ({
  'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
})

describe('several secrets', () => {
  const scheme = hmac({
    secret: ['new', 'old', new TextEncoder().encode('older')],
    header: 'x-signature',
  })

  test.each([
    ['new', accepted(0)],
    ['old', accepted(1)],
    ['older', accepted(2)],
    ['none of them', refused('ERR_SIGNATURE_MISMATCH')],
  ])('signed with %s', async (secret, expected) => {
    expect(await attempt(scheme, { body, headers: sign(secret) })).toEqual(expected)
  })
})

describe('a function of the request', () => {
  const secrets: Record<string, SecretSource> = { acme: 'a', globex: ['g2', 'g1'] }
  const find = vi.fn(
    ({ params }: UntrustedHint) => secrets[params['tenant']!] as string | undefined,
  )
  const scheme = hmac({ secret: find, header: 'x-signature' })

  test.each([
    { name: 'one secret', tenant: 'acme', signedWith: 'a', expected: accepted(0) },
    { name: 'the first of two', tenant: 'globex', signedWith: 'g2', expected: accepted(0) },
    { name: 'the second of two', tenant: 'globex', signedWith: 'g1', expected: accepted(1) },
    {
      name: 'the secret of another tenant',
      tenant: 'globex',
      signedWith: 'a',
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'an unknown tenant',
      tenant: 'initech',
      signedWith: 'a',
      expected: refused('ERR_TENANT_UNKNOWN'),
    },
  ])('$name', async ({ tenant, signedWith, expected }) => {
    const request = { body, headers: sign(signedWith), params: { tenant } }
    expect(await attempt(scheme, request)).toEqual(expected)
  })

  test('sees the request, and no signature is looked at before it has answered', async () => {
    find.mockClear()
    await attempt(scheme, {
      body,
      headers: sign('a'),
      params: { tenant: 'acme' },
      url: 'https://hooks.example.com/acme?x=1',
    })
    expect(find).toHaveBeenCalledOnce()
    const hint = find.mock.calls[0]![0]
    expect(hint.url).toBe('https://hooks.example.com/acme?x=1')
    expect(hint.params).toEqual({ tenant: 'acme' })
    expect(hint.headers.get('x-signature')).toHaveLength(64)
    expect(new TextDecoder().decode(hint.body)).toBe(body)
  })

  test('is not asked about a signature that can be none', async () => {
    find.mockClear()
    await attempt(scheme, { body, headers: { 'x-signature': 'foo' } })
    expect(find).not.toHaveBeenCalled()
  })

  const unavailable = { status: 503, code: 'ERR_SECRET_UNAVAILABLE' }
  const failures: readonly { name: string; secret: () => unknown; expected: object }[] = [
    {
      name: 'throws',
      secret: () => {
        throw new Error('vault is sealed')
      },
      expected: unavailable,
    },
    {
      name: 'rejects',
      secret: () => Promise.reject(new Error('vault is sealed')),
      expected: unavailable,
    },
    {
      name: 'rejects with no error',
      secret: () => Promise.reject('sealed'),
      expected: unavailable,
    },
    { name: 'returns an empty secret', secret: () => '', expected: unavailable },
    { name: 'returns null', secret: () => null, expected: refused('ERR_TENANT_UNKNOWN') },
    { name: 'returns a list with an empty secret', secret: () => ['a', ''], expected: unavailable },
    { name: 'returns undefined', secret: () => undefined, expected: refused('ERR_TENANT_UNKNOWN') },
    {
      name: 'returns a promise of undefined',
      secret: () => Promise.resolve(undefined),
      expected: refused('ERR_TENANT_UNKNOWN'),
    },
    { name: 'returns an empty list', secret: () => [], expected: refused('ERR_TENANT_UNKNOWN') },
    {
      name: 'returns a promise of a secret',
      secret: () => Promise.resolve('a'),
      expected: accepted(),
    },
  ]

  test.each(failures)('that $name', async ({ secret, expected }) => {
    const failing = hmac({ secret: secret as () => string, header: 'x-signature' })
    expect(await attempt(failing, { body, headers: sign('a') })).toEqual(expected)
  })

  test('can change its mind, and is asked every time', async () => {
    const current = ['first']
    const changing = hmac({ secret: () => current[0]!, header: 'x-signature' })
    expect(await attempt(changing, { body, headers: sign('first') })).toEqual(accepted())
    current[0] = 'second'
    expect(await attempt(changing, { body, headers: sign('first') })).toEqual(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
    expect(await attempt(changing, { body, headers: sign('second') })).toEqual(accepted())
  })

  test('can bring more secrets than are kept', async () => {
    let secret = ''
    const many = hmac({ secret: () => secret, header: 'x-signature' })
    for (const index of [...Array(1100).keys(), 0, 1099]) {
      secret = `secret-${index}`
      expect(await attempt(many, { body, headers: sign(secret) })).toEqual(accepted())
    }
  })

  test('text and bytes are kept apart', async () => {
    let secret: string | Uint8Array = 'YQ=='
    const scheme = hmac({ secret: () => secret, header: 'x-signature' })
    expect(await attempt(scheme, { body, headers: sign('YQ==') })).toEqual(accepted())
    secret = new TextEncoder().encode('a') // YQ== in base64
    expect(await attempt(scheme, { body, headers: sign('a') })).toEqual(accepted())
  })
})

test('bytes are what they were when they were given', async () => {
  const secret = Buffer.from('key')
  const scheme = hmac({ secret, header: 'x-signature' })
  secret.fill(0)
  expect(await attempt(scheme, { body, headers: sign('key') })).toEqual(accepted())
})
