/** Senders whose keys are downloaded: whose key is taken, from where, and for whom it has signed. */
import type { Provider } from 'webhook-target'
import { adobeIo } from 'webhook-target/providers/adobe-io'
import { fal } from 'webhook-target/providers/fal'
import { googleHealth } from 'webhook-target/providers/google-health'
import { travis } from 'webhook-target/providers/travis'
import { sign, type Message } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { NOW, receive, withHeaders } from './deliver.ts'
import { keyEndpoint, toTinkKeyset } from './key-endpoint.ts'
import { p256Pair, rsaPair } from './keys.ts'

const broken = { fetch: async () => new Response('', { status: 500 }) }
const signedBy = (provider: object, message: Message, privateKey: string | Uint8Array) =>
  sign(provider as Provider, message, { now: NOW * 1000, privateKey })

const [first, second] = [rsaPair(), rsaPair()] as const

describe('travis', () => {
  const CONFIG = 'https://api.travis-ci.com/config'
  const config = (key: string) => ({ config: { notifications: { webhook: { public_key: key } } } })
  const publishing = (key: string, url = CONFIG) => ({ fetch: keyEndpoint({ [url]: config(key) }) })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const build = (changes: object = {}) => ({
    headers: form,
    body: `payload=${encodeURIComponent(
      JSON.stringify({
        id: 1,
        type: 'push',
        repository: { owner_name: 'a', name: 'b' },
        ...changes,
      }),
    )}`,
  })

  test('takes a rotated key, and the old one no more', async () => {
    let key = first.publicKey
    const fetched: string[] = []
    const provider = travis({
      download: {
        negativeTtlSeconds: 0,
        fetch: async (url) => {
          fetched.push(url)
          return keyEndpoint({ [CONFIG]: config(key) })(url)
        },
      },
    })
    const before = await signedBy(provider, build(), first.privateKey)
    expect(await receive(provider, before.clone())).toMatchObject({ status: 200 })
    expect(fetched).toHaveLength(1)
    key = second.publicKey
    const after = await signedBy(provider, build(), second.privateKey)
    expect(await receive(provider, after.clone())).toMatchObject({ status: 200 })
    expect(await receive(provider, after)).toMatchObject({ status: 200 })
    expect(fetched).toHaveLength(2)
    expect(await receive(provider, before)).toMatchObject({ code: 'ERR_SIGNATURE_MISMATCH' })
  })

  test('does not download for each forged delivery', async () => {
    let fetched = 0
    const { fetch } = publishing(first.publicKey)
    const provider = travis({ download: { fetch: (url) => (fetched++, fetch(url)) } })
    const forged = await signedBy(provider, build(), second.privateKey)
    for (let i = 0; i < 5; i++) {
      expect(await receive(provider, forged.clone())).toMatchObject({ status: 401, events: [] })
    }
    expect(fetched).toBe(1)
  })

  test('builds of one id have different states', async () => {
    const provider = travis({ download: publishing(first.publicKey) })
    const keys = new Set<string>()
    for (const state of ['started', 'passed']) {
      const answer = await receive(
        provider,
        await signedBy(provider, build({ state }), first.privateKey),
      )
      expect(answer.events).toMatchObject([{ type: 'push', subtype: state }])
      keys.add(answer.events[0]!.key)
    }
    expect(keys.size).toBe(2)
  })

  test.each([
    { repositories: ['a/b'], status: 200 },
    { repositories: ['x/y', 'a/b'], status: 200 },
    { repositories: ['a/c'], status: 401 },
    { repositories: ['undefined/undefined'], status: 401 },
    { repositories: [], status: 401 },
  ])('$repositories may report: $status', async ({ repositories, status }) => {
    const provider = travis({ repositories, download: publishing(first.publicKey) })
    const request = await signedBy(provider, build(), first.privateKey)
    expect(await receive(provider, request)).toMatchObject({ status })
  })

  test('other installations have other keys', async () => {
    const configUrl = 'https://travis.example.com/api/config'
    const provider = travis({ configUrl, download: publishing(first.publicKey, configUrl) })
    const request = await signedBy(provider, build(), first.privateKey)
    expect(await receive(provider, request)).toMatchObject({ status: 200 })
    expect(() => travis({ configUrl: 'http://travis.example.com/config' })).toThrow(TypeError)
  })

  test('without the key the sender is asked to try again', async () => {
    const provider = travis({ download: broken })
    const request = await signedBy(provider, build(), first.privateKey)
    expect(await receive(provider, request)).toMatchObject({
      status: 503,
      code: 'ERR_SECRET_UNAVAILABLE',
    })
  })
})

describe('fal', () => {
  test('reports of other accounts are refused, and so is one of none', async () => {
    const { samples } = await import('./samples/fal.ts')
    const { privateKey, provider } = samples[0]!
    const send = (headers: Record<string, string>) =>
      signedBy(provider, { headers, body: { request_id: 'r-1', status: 'OK' } }, privateKey!)
    const id = { 'x-fal-webhook-request-id': 'r-1' }
    const mine = await send({ ...id, 'x-fal-webhook-user-id': 'u-1' })
    expect(await receive(provider, mine.clone())).toMatchObject({ status: 200 })
    const theirs = await send({ ...id, 'x-fal-webhook-user-id': 'u-2' })
    expect(await receive(provider, theirs)).toMatchObject({ code: 'ERR_SIGNATURE_MISMATCH' })
    const without = withHeaders(mine, { 'x-fal-webhook-user-id': undefined })
    expect(await receive(provider, without)).toMatchObject({ status: 401 })
  })

  test('without the keys the sender is asked to try again', async () => {
    const { samples } = await import('./samples/fal.ts')
    const { privateKey, provider, message } = samples[0]!
    const request = await signedBy(provider, message, privateKey!)
    expect(await receive(fal({ download: broken }), request)).toMatchObject({ status: 503 })
  })
})

describe('adobe-io', () => {
  const host = 'https://static.adobeioevents.com'
  const paths = ['/prod/keys/pub-key-1.pem', '/prod/keys/pub-key-2.pem'] as const
  const download = {
    fetch: keyEndpoint({ [host + paths[0]]: first.publicKey, [host + paths[1]]: second.publicKey }),
  }
  const clientId = 'my-client'
  const provider = adobeIo({ clientId, download })
  const event = { event_id: 'e-1', event: { '@type': 't' }, recipient_client_id: clientId }
  const sent = (body: unknown = event, path: string = paths[0], key = first) =>
    signedBy(provider, { headers: { 'x-adobe-public-key1-path': path }, body }, key.privateKey)

  test.each([
    '@keys.example.com/prod/keys/pub-key-1.pem',
    '.example.com/prod/keys/pub-key-1.pem',
    ':8443/prod/keys/pub-key-1.pem',
    '/prod/keys/../keys/pub-key-1.pem',
    '/prod/keys/%2e%2e/pub-key-1.pem',
    '\\@keys.example.com/prod/keys/pub-key-1.pem',
    '/prod/keys/pub-key-1.pem?x=1',
    '/prod/keys/pub-key-1.pem#x',
    '/uploads/pub-key-1.pem',
    'prod/keys/pub-key-1.pem',
  ])('the path %s is not fetched', async (path) => {
    const fetched: string[] = []
    const watched = adobeIo({
      clientId,
      download: {
        fetch: async (url) => {
          fetched.push(url)
          return new Response(first.publicKey)
        },
      },
    })
    const answer = await receive(watched, await sent(event, path))
    expect(answer).toMatchObject({ status: 401, code: 'ERR_KEY_UNKNOWN', events: [] })
    expect(fetched).toEqual([])
  })

  test('the header without hyphen is the same', async () => {
    const request = await sent()
    const signature = request.headers.get('x-adobe-digital-signature-1')!
    const renamed = withHeaders(request, {
      'x-adobe-digital-signature-1': undefined,
      'x-adobe-digital-signature1': signature,
    })
    expect(await receive(provider, renamed)).toMatchObject({ status: 200, events: [{ id: 'e-1' }] })
  })

  test('either signature is enough, also if the key of the other can not be had', async () => {
    const request = await sent(event, paths[1], second)
    const signature = request.headers.get('x-adobe-digital-signature-1')!
    for (const other of [paths[0], '/prod/keys/gone.pem', '@example.com/x.pem']) {
      const moved = withHeaders(request, {
        'x-adobe-public-key1-path': other,
        'x-adobe-digital-signature-2': signature,
        'x-adobe-public-key2-path': paths[1],
      })
      expect(await receive(provider, moved)).toMatchObject({ status: 200 })
    }
  })

  test('a path that leads to no key is refused once it is missed again', async () => {
    const elsewhere = () => sent(event, '/prod/keys/pub-key-9.pem')
    const patient = adobeIo({ clientId, download })
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await receive(patient, await elsewhere())
      expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE', events: [] })
      expect(answer.headers['retry-after']).toMatch(/^(59|60)$/)
    }
    const hasty = adobeIo({ clientId, download: { ...download, negativeTtlSeconds: 0 } })
    expect(await receive(hasty, await elsewhere())).toMatchObject({ status: 503 })
    expect(await receive(hasty, await elsewhere())).toMatchObject({
      status: 401,
      code: 'ERR_KEY_UNKNOWN',
    })
  })

  test('without a key the sender is asked to try again', async () => {
    const answer = await receive(adobeIo({ clientId, download: broken }), await sent())
    expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE' })
  })

  test.each([
    { name: 'another client', body: { ...event, recipient_client_id: 'other' } },
    { name: 'nobody', body: { event_id: 'e-1' } },
    { name: 'two', body: { ...event, recipientclientid: 'other' } },
    { name: 'a list of clients', body: { ...event, recipient_client_id: [clientId] } },
    { name: 'another client in part', body: [event, { ...event, recipient_client_id: 'other' }] },
  ])('an event for $name is refused', async ({ body }) => {
    expect(await receive(provider, await sent(body))).toMatchObject({
      status: 401,
      code: 'ERR_SIGNATURE_MISMATCH',
      events: [],
    })
  })

  test('a list brings its events', async () => {
    const answer = await receive(provider, await sent([event, { ...event, event_id: 'e-2' }]))
    expect(answer).toMatchObject({ status: 200, events: [{ id: 'e-1' }, { id: 'e-2' }] })
  })

  test('the challenge is given back as plain text', async () => {
    const answer = await receive(provider, new Request('https://example.com/in?challenge=8ec8-d7'))
    expect(answer).toMatchObject({ status: 200, text: '8ec8-d7' })
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })

  describe('the second validation', () => {
    const url = 'https://csm.adobe.io/csm/registrations/validate?id=a1&challenge=b2'
    const post = (validationUrl: unknown) =>
      new Request('https://example.com/in', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ validationUrl }),
      })
    const taking = (onValidationUrl: (found: string) => void) =>
      adobeIo({ clientId, download, onValidationUrl })

    test('is answered 200 once its URL is taken', async () => {
      const taken: string[] = []
      const answer = await receive(
        taking((found) => void taken.push(found)),
        post(url),
      )
      expect(answer).toMatchObject({ status: 200, text: '', events: [] })
      expect(taken).toEqual([url])
    })

    test.each([
      url.replace('https:', 'http:'),
      url.replace('csm.adobe.io', 'csm.adobe.io.evil.example'),
      url.replace('csm.adobe.io', 'user@csm.adobe.io'),
      url.replace('csm.adobe.io', 'csm.adobe.io:8443'),
      url.replace('/validate', '/delete'),
      `${url}#a`,
      '',
      null,
      7,
    ])('is refused with the URL %s', async (found) => {
      const taken: string[] = []
      const answer = await receive(
        taking((one) => void taken.push(one)),
        post(found),
      )
      expect(answer).toMatchObject({ status: 403, code: 'ERR_CHALLENGE_REFUSED', events: [] })
      expect(taken).toEqual([])
    })

    test('is refused where nobody takes it, and put off where that fails', async () => {
      expect(await receive(provider, post(url))).toMatchObject({ status: 401, events: [] })
      const failing = taking(() => {
        throw new Error('store is down')
      })
      expect(await receive(failing, post(url))).toMatchObject({ status: 503, events: [] })
    })
  })

  test.each([undefined, '', [], [' ']])('the client id %j is none', (given) => {
    expect(() => adobeIo({ clientId: given })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })
})

describe('google-health', () => {
  const { publicKey, privateKey } = p256Pair()
  const KEYSET = 'https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json'
  const publishing = (ids: Readonly<Record<string, string>>) => ({
    fetch: keyEndpoint({ [KEYSET]: toTinkKeyset(ids) }),
  })
  const secret = 'Bearer secret of the endpoint'
  const download = publishing({ '0a1b2c3d': publicKey })
  const always = googleHealth({ secret, download })
  const verification = googleHealth({ secret, download, authorization: 'verification' })
  const notice = { data: { healthUserId: 'u', operation: 'UPSERT', dataType: 'steps' } }
  const probe = (authorization?: string) =>
    new Request('https://example.com/in', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization !== undefined && { authorization }),
      },
      body: '{"type":"verification"}',
    })

  test.each([
    { name: 'always', provider: always },
    { name: 'verification', provider: verification },
  ])('the two probes are told apart: $name', async ({ provider }) => {
    const right = await receive(provider, probe(secret))
    expect(right).toMatchObject({ status: 201, text: '', events: [] })
    for (const wrong of [undefined, '', 'Bearer other', 'secret of the endpoint']) {
      const answer = await receive(provider, probe(wrong))
      expect([wrong, answer.status, answer.events]).toEqual([wrong, 401, []])
    }
  })

  test('a signed probe is answered likewise', async () => {
    const request = await signedBy(always, { body: { type: 'verification' } }, privateKey)
    expect(await receive(always, request.clone())).toMatchObject({ status: 201, events: [] })
    const bare = withHeaders(request, { authorization: undefined })
    expect(await receive(verification, bare)).toMatchObject({ status: 401, events: [] })
  })

  test('a notification needs both proofs, unless told otherwise', async () => {
    const request = await signedBy(always, { body: notice }, privateKey)
    expect(await receive(always, request.clone())).toMatchObject({ status: 204, text: '' })
    const bare = withHeaders(request, { authorization: undefined })
    expect(await receive(always, bare.clone())).toMatchObject({ code: 'ERR_CREDENTIAL_MISSING' })
    expect(await receive(verification, bare)).toMatchObject({ status: 204 })
    for (const provider of [always, verification]) {
      const unsigned = withHeaders(request, { 'x-healthapi-signature': undefined })
      expect(await receive(provider, unsigned)).toMatchObject({ status: 401, events: [] })
    }
  })

  test('equal notices are two', async () => {
    const request = await signedBy(always, { body: [notice, notice] }, privateKey)
    const { events } = await receive(always, request)
    expect(events.map(({ type, subtype }) => `${type}.${subtype}`)).toEqual([
      'steps.UPSERT',
      'steps.UPSERT',
    ])
    expect(new Set(events.map(({ key }) => key)).size).toBe(2)
  })

  test('the key is the one that the signature names', async () => {
    const request = await signedBy(always, { body: notice }, privateKey)
    const bytes = Buffer.from(request.headers.get('x-healthapi-signature')!, 'base64')
    const renamed = (change: (bytes: Buffer) => void) => {
      const copy = Buffer.from(bytes)
      change(copy)
      return withHeaders(request, { 'x-healthapi-signature': copy.toString('base64') })
    }
    expect([...bytes.subarray(0, 5)]).toEqual([1, 0x0a, 0x1b, 0x2c, 0x3d])
    const unknown = renamed((copy) => copy.writeUInt8(0x3e, 4))
    const fresh = googleHealth({ secret, download })
    expect(await receive(fresh, unknown.clone())).toMatchObject({
      status: 401,
      code: 'ERR_KEY_UNKNOWN',
    })
    // It could be a key of a minute ago.
    const again = await receive(fresh, unknown)
    expect(again).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE', events: [] })
    expect(again.headers['retry-after']).toMatch(/^(59|60)$/)
    // 0 is the prefix of Tink's legacy keys.
    expect(
      await receive(
        always,
        renamed((copy) => copy.writeUInt8(0, 0)),
      ),
    ).toMatchObject({
      code: 'ERR_SIGNATURE_MALFORMED',
    })
    const bareDer = withHeaders(request, {
      'x-healthapi-signature': bytes.subarray(5).toString('base64'),
    })
    expect(await receive(always, bareDer)).toMatchObject({ code: 'ERR_SIGNATURE_MALFORMED' })
  })

  test('without the keys the sender is asked to try again', async () => {
    const request = await signedBy(always, { body: notice }, privateKey)
    const answer = await receive(googleHealth({ secret, download: broken }), request)
    expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE' })
  })

  test('the secret and a known mode are needed', () => {
    expect(() => googleHealth({ secret: undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }),
    )
    expect(() => googleHealth({ secret, authorization: 'never' as 'always' })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })
})
