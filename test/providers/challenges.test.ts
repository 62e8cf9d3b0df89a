import { createHmac } from 'node:crypto'
import { discord } from 'webhook-target/providers/discord'
import { meta } from 'webhook-target/providers/meta'
import { slack } from 'webhook-target/providers/slack'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { describe, expect, test } from 'vitest'
import { deliver, NOW, publicKey, receive, signed, withHeaders } from './deliver.ts'

const secret = 'a secret of any sender'
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const post = (body: string, headers: Record<string, string> = form) =>
  new Request('https://example.com/', { method: 'POST', headers, body })
const get = (query: string) => new Request(`https://example.com/in?${query}`)

describe('slack', () => {
  const sender = slack({ secret })
  const url = { type: 'url_verification', token: 'legacy', challenge: '3eZbrw1aBm2rZgRNFdxV' }

  test('url_verification is answered once it is verified', async () => {
    const answer = await deliver(sender, { body: url })
    expect(answer).toMatchObject({
      status: 200,
      text: `{"challenge":"${url.challenge}"}`,
      events: [],
    })
    const unsigned = await receive(
      sender,
      post(JSON.stringify(url), { 'content-type': 'application/json' }),
    )
    expect(unsigned).toMatchObject({ status: 401, text: '', events: [] })
  })

  test('ssl_check is answered unsigned, and signed', async () => {
    const body = 'ssl_check=1&token=legacy&command=%2Fweather'
    expect(await receive(sender, post(body))).toMatchObject({ status: 200, text: '', events: [] })
    expect(await deliver(sender, { headers: form, body })).toMatchObject({
      status: 200,
      events: [],
    })
  })

  test.each(['ssl_check=0', 'ssl_check=11', 'text=ssl_check%3D1', 'ssl_check=1&ssl_check=1'])(
    '%s is no ssl_check',
    async (body) => {
      expect(await receive(sender, post(body))).toMatchObject({ status: 401, events: [] })
      expect((await deliver(sender, { headers: form, body })).events).toHaveLength(1)
    },
  )
})

describe('discord', () => {
  const interactions = discord({ publicKey, mode: 'interactions' })
  const events = discord({ publicKey, mode: 'webhook-events' })

  test('a ping is answered as its mode wants it', async () => {
    expect(await deliver(interactions, { body: { type: 1 } })).toMatchObject({
      status: 200,
      text: '{"type":1}',
      headers: { 'content-type': 'application/json' },
      events: [],
    })
    expect(await deliver(events, { body: { type: 0 } })).toMatchObject({
      status: 204,
      headers: { 'content-type': 'application/json' },
      events: [],
    })
  })

  test('type 1 is a ping of the one and an event of the other', async () => {
    const { events: seen } = await deliver(events, { body: { type: 1, event: { type: 'A' } } })
    expect(seen).toMatchObject([{ type: 'A' }])
  })

  test('the probe with a wrong signature is answered 401', async () => {
    const request = await signed(interactions, { body: { type: 1 } })
    const zero = withHeaders(request, { 'x-signature-ed25519': '0'.repeat(128) })
    expect(await receive(interactions, zero)).toMatchObject({ status: 401, text: '' })
  })
})

describe('meta', () => {
  const sender = meta({ secret, verifyToken: 'meatyhamhock' })
  const query = (token: string) =>
    `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`

  test('the token is that of the registration, not the secret', async () => {
    expect(await receive(sender, get(query('meatyhamhock')))).toMatchObject({
      status: 200,
      text: '1158201444',
    })
    expect(await receive(sender, get(query(encodeURIComponent(secret))))).toMatchObject({
      status: 403,
      text: '',
    })
  })
})

/** Whoever can have a signature made of a text of his choice must not find one that is an event. */
describe('challenges that are answered by signing are no oracle', () => {
  /** Token-like texts that could matter: the shortest event, a prefix of it, separators. */
  const tokens = ['abc', '0', 'v0', 'a.b', '-', '=', '1'.repeat(512), `v0.${NOW}.e30=`]

  describe('x', () => {
    const sender = x({ secret })
    const ask = (token: string) => receive(sender, get(`crc_token=${encodeURIComponent(token)}`))

    test.each(tokens)('an answer to %j is refused as the signature of an event', async (token) => {
      const { status, text } = await ask(token)
      expect(status).toBe(200)
      const signature = (JSON.parse(text) as { response_token: string }).response_token
      expect(signature).toBe(
        `sha256=${createHmac('sha256', secret).update(token).digest('base64')}`,
      )
      const event = post(token, { 'x-twitter-webhooks-signature': signature })
      expect(await receive(sender, event)).toMatchObject({
        status: 401,
        code: 'ERR_SIGNATURE_MISMATCH',
        events: [],
      })
    })

    test.each(['{}', '{"favorite_events":[]}', ' {}', '[]', '{', '"a"', '\ufeff{}', 'a\n{}'])(
      '%j gets no answer',
      async (token) => {
        expect(await ask(token)).toMatchObject({ status: 403, text: '' })
      },
    )

    test('what is signed but no event is refused', async () => {
      for (const body of ['', ' {}', '[]', 'a']) {
        const answer = await deliver(sender, { body, headers: { 'content-type': 'text/plain' } })
        expect(answer).toMatchObject({ status: 401, events: [] })
      }
    })
  })

  describe('zoom', () => {
    const sender = zoom({ secret })
    const question = (plainToken: unknown) => ({
      event: 'endpoint.url_validation',
      payload: { plainToken },
      event_ts: NOW,
    })

    test.each(tokens)('an answer to %j is refused as the signature of an event', async (token) => {
      const { status, text } = await deliver(sender, { body: question(token) })
      expect(status).toBe(200)
      const answer = JSON.parse(text) as { plainToken: string; encryptedToken: string }
      expect(answer.plainToken).toBe(token)
      expect(answer.encryptedToken).toBe(createHmac('sha256', secret).update(token).digest('hex'))
      const event = post(token, {
        'x-zm-request-timestamp': `${NOW}`,
        'x-zm-signature': `v0=${answer.encryptedToken}`,
      })
      expect(await receive(sender, event)).toMatchObject({ status: 401, events: [] })
    })

    test.each([`v0:${NOW}:{}`, 'v0:', ':', '', null, 5, {}, undefined])(
      '%j gets no answer',
      async (token) => {
        expect(await deliver(sender, { body: question(token) })).toMatchObject({
          status: 403,
          text: '',
          events: [],
        })
      },
    )

    test('nothing is signed for a question without a signature', async () => {
      const request = await signed(sender, { body: question('abc') })
      const bare = withHeaders(request, { 'x-zm-signature': undefined })
      expect(await receive(sender, bare)).toMatchObject({ status: 401, text: '' })
    })

    test('of several apps the one that asks gets an answer made with its own secret', async () => {
      const both = zoom({ secret: ['first app', 'second app'] })
      const request = await signed(zoom({ secret: 'second app' }), { body: question('abc') })
      const { text } = await receive(both, request)
      expect(JSON.parse(text)).toEqual({
        plainToken: 'abc',
        encryptedToken: createHmac('sha256', 'second app').update('abc').digest('hex'),
      })
    })
  })
})
