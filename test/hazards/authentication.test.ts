import {
  createWebhookHandler,
  defineProvider,
  mount,
  type Provider,
  type Scheme,
} from 'webhook-target'
import { hub } from 'webhook-target/challenges/hub'
import { github } from 'webhook-target/providers/github'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks as standardWebhooksProvider } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { anyOf } from 'webhook-target/schemes/any-of'
import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { hmac } from 'webhook-target/schemes/hmac'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { standardWebhooks } from 'webhook-target/schemes/standard-webhooks'
import { unauthenticated } from 'webhook-target/schemes/unauthenticated'
import * as fc from 'fast-check'
import { createHmac } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { exchange, fetchDoor, partsDoor, type Sent } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, hexHmac, SECRET, untyped } from '../support/senders.ts'

function open(provider: Provider | ReturnType<typeof github>) {
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider: provider as Provider,
    on: { '*': effect },
    telemetry: silent,
    dedupe: false,
  })
  const send = async (sent: Sent) => (await exchange(partsDoor, handler, sent)).status
  return { effect, handler, send }
}

const withScheme = (verify: Scheme) => defineProvider({ name: 'acme', verify })

describe('verification can not be left out', () => {
  test('H1 no handler without a provider, no provider without a scheme', () => {
    // @ts-expect-error -- the provider is not optional
    expect(() => createWebhookHandler({ on: {} })).toThrow(TypeError)
    // @ts-expect-error -- nor is its scheme
    expect(() => defineProvider({ name: 'acme' })).toThrow(/has no scheme/)
    for (const verify of [undefined, null, false, {}, () => true]) {
      const provider = { name: 'acme', verify } as unknown as Provider
      expect(() => defineProvider(provider)).toThrow(TypeError)
      expect(() => createWebhookHandler({ provider, on: {} })).toThrow(TypeError)
    }
  })

  test.each([undefined, '', ' ', 'none'])('H1 no authentication takes a reason: %j', (reason) => {
    expect(() => unauthenticated({ reason: reason as string })).toThrow(/reason/)
  })

  const authenticated: readonly [name: string, provider: Provider][] = [
    ['github', untyped(github({ secret: SECRET }))],
    ['slack', slack({ secret: SECRET })],
    ['stripe', stripe({ secret: SECRET })],
    ['standard-webhooks', standardWebhooksProvider({ secret: Buffer.from(SECRET) })],
    ['hmac', acme()],
    ['shared-secret in a header', withScheme(sharedSecret({ header: 'x-token', secret: SECRET }))],
    ['shared-secret as bearer', withScheme(sharedSecret({ bearer: true, secret: SECRET }))],
    ['shared-secret in the query', withScheme(sharedSecret({ query: 'token', secret: SECRET }))],
    ['shared-secret in a member', withScheme(sharedSecret({ member: 'token', secret: SECRET }))],
    ['shared-secret in a field', withScheme(sharedSecret({ field: 'token', secret: SECRET }))],
    ['basic-auth', withScheme(basicAuth({ username: 'u', secret: SECRET }))],
    [
      'any-of',
      withScheme(
        anyOf(
          hmac({ secret: SECRET, header: 'x-signature' }),
          sharedSecret({ bearer: true, secret: SECRET }),
        ),
      ),
    ],
  ]
  test.each(authenticated)('H2 an absent or empty header is a refusal: %s', async (_, provider) => {
    const { effect, send } = open(provider)
    const body = '{"type":"made"}'
    const type = { 'content-type': 'application/json' }
    expect(await send({ body, headers: type })).toBe(401)
    const empty = Object.fromEntries(provider.verify.headers.map((name) => [name, '']))
    expect(await send({ body, headers: { ...type, ...empty } })).toBe(401)
    expect(effect).not.toHaveBeenCalled()
  })

  const makers: readonly [name: string, make: (secret: never) => unknown][] = [
    ['github', (secret) => github({ secret })],
    ['slack', (secret) => slack({ secret })],
    ['stripe', (secret) => stripe({ secret })],
    ['standardWebhooks', (secret) => standardWebhooks({ secret })],
    ['hmac', (secret) => hmac({ secret, header: 'x' })],
    ['sharedSecret', (secret) => sharedSecret({ secret, header: 'x' })],
    ['basicAuth', (secret) => basicAuth({ secret, username: 'u' })],
    ['hub', (secret) => hub({ verifyToken: secret })],
  ]
  const empties: readonly [name: string, secret: unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['an empty text', ''],
    ['white space', ' \t\n'],
    ['the text undefined', 'undefined'],
    ['the text null', 'null'],
    ['no bytes', new Uint8Array()],
    ['an empty list', []],
    ['a list with an empty one', ['good secret', '']],
    ['a list with a missing one', ['good secret', undefined]],
    ['a number', 0],
    ['an object', {}],
    ['true', true],
  ]
  test.each(
    makers.flatMap(([maker, make]) =>
      empties.map(([name, secret]) => [maker, name, make, secret] as const),
    ),
  )('H3 %s refuses a secret that is %s, when it is made', (_, __, make, secret) => {
    expect(() => make(secret as never)).toThrow(TypeError)
  })

  test.each(['whsec_', 'whsec_ ', 'whsec_===='])('H3 only a prefix is no secret: %j', (secret) => {
    expect(() => standardWebhooks({ secret })).toThrow(TypeError)
  })

  test.each(['', [], [''], null, 'undefined', new Uint8Array()])(
    'H3 nor is what a secret function returns: %j',
    async (found) => {
      const { effect, send } = open(
        acme({ verify: hmac({ secret: () => found as string, header: 'x-acme-signature' }) }),
      )
      // Signed with the empty key, as a forger would.
      const forged = fromAcme({ headers: { 'x-acme-signature': hexHmac('{"type":"made"}', '') } })
      expect([401, 503]).toContain(await send(forged))
      expect(effect).not.toHaveBeenCalled()
    },
  )
})

describe('nothing but the whole signature passes', () => {
  const body = '{"zen":"Keep it logically awesome."}'
  const signature = `sha256=${hexHmac(body)}`

  test('H6 no prefix and no extension of a signature', async () => {
    const { effect, send } = open(github({ secret: SECRET }))
    const forge = (value: string) =>
      send(fromGitHub({ body, headers: { 'x-hub-signature-256': value } }))
    await fc.assert(
      fc.asyncProperty(fc.nat(signature.length - 1), async (length) => {
        expect(await forge(signature.slice(0, length))).toBe(401)
      }),
      { examples: Array.from({ length: signature.length }, (_, i) => [i]) },
    )
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[!-~]{1,80}$/), async (more) => {
        expect(await forge(signature + more)).toBe(401)
        expect(await forge(more + signature)).toBe(401)
      }),
    )
    expect(effect).not.toHaveBeenCalled()
    expect(await forge(signature)).toBe(200)
  })

  test.each(['sha1', 'sha384', 'sha512', 'md5'])(
    'H7 the algorithm is ours, never the message’s: %s',
    async (algorithm) => {
      const { effect, send } = open(github({ secret: SECRET }))
      const digest = createHmac(algorithm, SECRET).update(body).digest('hex')
      for (const prefix of ['sha256', algorithm]) {
        const headers = { 'x-hub-signature-256': `${prefix}=${digest}` }
        expect(await send(fromGitHub({ body, headers }))).toBe(401)
      }
      expect(effect).not.toHaveBeenCalled()
    },
  )

  test.each([
    'none',
    'none=',
    'sha256',
    'sha256=',
    'sha256=null',
    'sha256=undefined',
    'sha256=true',
  ])('H7 no algorithm is none: %s', async (value) => {
    const { send } = open(github({ secret: SECRET }))
    expect(await send(fromGitHub({ headers: { 'x-hub-signature-256': value } }))).toBe(401)
  })

  test('H7 a public key is no key for an HMAC', async () => {
    const publicKey = Buffer.alloc(32, 7)
    const { send } = open(
      withScheme(standardWebhooks({ secret: `whpk_${publicKey.toString('base64')}` })),
    )
    const timestamp = Math.floor(Date.now() / 1000)
    for (const key of [
      publicKey,
      publicKey.toString('base64'),
      `whpk_${publicKey.toString('base64')}`,
    ]) {
      const digest = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')
      for (const version of ['v1', 'v1a']) {
        const headers = {
          'webhook-id': 'msg_1',
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `${version},${digest}`,
        }
        expect(await send({ body, headers })).toBe(401)
      }
    }
  })

  test('H8 no older scheme makes good for the one configured', async () => {
    const sha1 = createHmac('sha1', SECRET).update(body).digest('hex')
    const hub = open(github({ secret: SECRET }))
    const { 'x-hub-signature-256': _, ...headers } = fromGitHub().headers!
    expect(
      await hub.send({ body, headers: { ...headers, 'x-hub-signature': `sha1=${sha1}` } }),
    ).toBe(401)

    // Slack's verification token, in the payload.
    const app = open(slack({ secret: SECRET }))
    const event = JSON.stringify({ token: SECRET, type: 'event_callback', event: { type: 'x' } })
    expect(await app.send({ body: event, headers: { 'content-type': 'application/json' } })).toBe(
      401,
    )

    const payments = open(stripe({ secret: SECRET }))
    const time = Math.floor(Date.now() / 1000)
    const digest = hexHmac(`${time}.${body}`)
    const pay = (value: string) => payments.send({ body, headers: { 'stripe-signature': value } })
    expect(await pay(`t=${time},v0=${digest}`)).toBe(401)
    expect(await pay(`t=${time},v1=${digest}`)).toBe(200)
  })

  test('H8 the scheme whose evidence is there decides alone', async () => {
    const { send } = open(
      withScheme(
        anyOf(
          hmac({ secret: SECRET, header: 'x-signature' }),
          sharedSecret({ bearer: true, secret: 'token' }),
        ),
      ),
    )
    const bearer = { authorization: 'Bearer token' }
    expect(await send({ body, headers: bearer })).toBe(200)
    expect(await send({ body, headers: { ...bearer, 'x-signature': '0'.repeat(64) } })).toBe(401)
    expect(await send({ body, headers: { ...bearer, 'x-signature': 'junk' } })).toBe(401)
  })
})

describe('which secret, and where', () => {
  test('H40 a rotated secret stops at once, and both are valid in the overlap', async () => {
    let secrets: readonly string[] = ['first']
    const { send } = open(
      acme({ verify: hmac({ secret: () => secrets, header: 'x-acme-signature' }) }),
    )
    const statuses = async () => [
      await send(fromAcme({ secret: 'first' })),
      await send(fromAcme({ secret: 'second' })),
    ]
    expect(await statuses()).toEqual([200, 401])
    secrets = ['second', 'first']
    expect(await statuses()).toEqual([200, 200])
    secrets = ['second']
    expect(await statuses()).toEqual([401, 200])
  })

  test('H40 the same for a credential and for asynchronous sources', async () => {
    let secret = 'first'
    const { send } = open(
      withScheme(sharedSecret({ header: 'x-token', secret: async () => secret })),
    )
    const statuses = async () => [
      await send({ headers: { 'x-token': 'first' } }),
      await send({ headers: { 'x-token': 'second' } }),
    ]
    expect(await statuses()).toEqual([200, 401])
    secret = 'second'
    expect(await statuses()).toEqual([401, 200])
  })

  test('H41 the secret of one route opens no other', async () => {
    const effects = { a: vi.fn(), b: vi.fn() }
    const handler = mount({
      '/a': createWebhookHandler({
        provider: acme({ verify: hmac({ secret: 'of a', header: 'x-acme-signature' }) }),
        on: { '*': effects.a },
        telemetry: silent,
      }),
      '/b': createWebhookHandler({
        provider: acme({ verify: hmac({ secret: 'of b', header: 'x-acme-signature' }) }),
        on: { '*': effects.b },
        telemetry: silent,
      }),
    })
    const send = async (path: string, secret: string) =>
      (await exchange(fetchDoor, handler, fromAcme({ path, secret }))).status
    expect(await send('/a', 'of b')).toBe(401)
    expect(await send('/b', 'of a')).toBe(401)
    expect(effects.a).not.toHaveBeenCalled()
    expect(await send('/a', 'of a')).toBe(200)
    expect(effects.b).not.toHaveBeenCalled()
  })

  test('H41 the secret of one tenant opens no other', async () => {
    const secrets: Readonly<Record<string, string>> = { one: 'of one', two: 'of two' }
    const effect = vi.fn()
    const handler = mount({
      '/:tenant': createWebhookHandler({
        provider: acme({
          verify: hmac({
            secret: ({ params }) =>
              Object.hasOwn(secrets, params['tenant']!) ? secrets[params['tenant']!] : undefined,
            header: 'x-acme-signature',
          }),
        }),
        on: { '*': effect },
        telemetry: silent,
      }),
    })
    const send = async (path: string, secret: string) =>
      (await exchange(fetchDoor, handler, fromAcme({ path, secret }))).status
    expect(await send('/one', 'of one')).toBe(200)
    expect(await send('/two', 'of one')).toBe(401)
    expect(await send('/three', 'of one')).toBe(401)
    expect(await send('/constructor', 'of one')).toBe(401)
    expect(effect).toHaveBeenCalledTimes(1)
  })

  test('H42 a secret in another place is none', async () => {
    const json = { 'content-type': 'application/json' }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const everywhere = {
      path: `/?x-token=${encodeURIComponent('secret')}&token=secret`,
      body: '{"x-token":"secret","token":"secret"}',
    }
    const inHeader = open(withScheme(sharedSecret({ header: 'x-token', secret: 'secret' })))
    expect(
      await inHeader.send({
        ...everywhere,
        headers: { ...json, authorization: 'Bearer secret', cookie: 'x-token=secret' },
      }),
    ).toBe(401)
    const inQuery = open(withScheme(sharedSecret({ query: 'token', secret: 'secret' })))
    expect(
      await inQuery.send({ body: everywhere.body, headers: { ...json, token: 'secret' } }),
    ).toBe(401)
    expect(await inQuery.send({ path: '/?token=secret&token=secret' })).toBe(401)
    expect(await inQuery.send({ path: '/?TOKEN=secret' })).toBe(401)
    const inMember = open(withScheme(sharedSecret({ member: 'token', secret: 'secret' })))
    expect(
      await inMember.send({
        path: '/?token=secret',
        body: '{}',
        headers: { ...json, token: 'secret' },
      }),
    ).toBe(401)
    expect(await inMember.send({ body: '{"a":{"token":"secret"}}', headers: json })).toBe(401)
    const inField = open(withScheme(sharedSecret({ field: 'token', secret: 'secret' })))
    expect(await inField.send({ body: 'token=secret&token=secret', headers: form })).toBe(401)
    expect(await inField.send({ body: 'token[]=secret', headers: form })).toBe(401)
    const bearer = open(withScheme(sharedSecret({ bearer: true, secret: 'secret' })))
    for (const authorization of [
      'secret',
      'Token secret',
      'Bearer',
      'Basic secret',
      'Bearer secret secret',
    ]) {
      expect(await bearer.send({ headers: { authorization } })).toBe(401)
    }
  })

  test.each([
    ['a list', ['secret']],
    ['a list of two', ['secret', 'secret']],
    ['an object', { secret: 'secret' }],
    ['an object with toString', { toString: 'secret', length: 6 }],
    ['true', true],
    ['a number', 1],
    ['null', null],
    ['an empty text', ''],
  ])('H42 %s in place of text is no secret', async (_, value) => {
    const { effect, send } = open(withScheme(sharedSecret({ member: 'token', secret: 'secret' })))
    const headers = { 'content-type': 'application/json' }
    expect(await send({ body: JSON.stringify({ token: value }), headers })).toBe(401)
    expect(effect).not.toHaveBeenCalled()
    expect(await send({ body: '{"token":"secret"}', headers })).toBe(200)
  })

  test('H42 numbers are compared as numbers nowhere', async () => {
    const { send } = open(withScheme(sharedSecret({ member: 'token', secret: '1' })))
    const headers = { 'content-type': 'application/json' }
    expect(await send({ body: '{"token":1}', headers })).toBe(401)
    expect(await send({ body: '{"token":"1.0"}', headers })).toBe(401)
    expect(await send({ body: '{"token":"1"}', headers })).toBe(200)
  })
})
