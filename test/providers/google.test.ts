/** Senders that prove themselves with an identity token of Google. */
import { createWebhookHandler, type Provider } from 'webhook-target'
import { eventarc } from 'webhook-target/providers/eventarc'
import { googleChat } from 'webhook-target/providers/google-chat'
import { googleCloudTasks } from 'webhook-target/providers/google-cloud-tasks'
import {
  googlePubsubPush,
  messageData,
  messageJson,
  type PubSubPush,
} from 'webhook-target/providers/google-pubsub-push'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { NOW, receive } from './deliver.ts'
import {
  ACCOUNT,
  AUDIENCE,
  bearer,
  CHAT_KEYS,
  CLAIMS,
  google,
  GOOGLE_KEYS,
  googlePair,
  publishing,
  strangerPair,
  toGoogleJwks,
} from './google-keys.ts'
import { keyEndpoint } from './key-endpoint.ts'

type Headers = Readonly<Record<string, string>>

const request = (authorization: string | undefined, body: unknown = {}, headers: Headers = {}) =>
  new Request(AUDIENCE, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization !== undefined && { authorization }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const PROVIDERS = {
  'google-pubsub-push': googlePubsubPush,
  'google-cloud-tasks': googleCloudTasks,
  eventarc,
  'google-chat': googleChat,
} as const satisfies Record<string, (options: typeof google) => Provider>

const create = (name: keyof typeof PROVIDERS, options: object = {}): Provider =>
  PROVIDERS[name]({ ...google, ...options })

describe.each(Object.keys(PROVIDERS) as readonly (keyof typeof PROVIDERS)[])('%s', (name) => {
  test.each([
    { what: 'the token', claims: {}, code: undefined },
    { what: 'the issuer without https', claims: { iss: 'accounts.google.com' }, code: undefined },
    { what: 'a list of audiences', claims: { aud: ['x', AUDIENCE] }, code: undefined },
    { what: 'another issuer', claims: { iss: 'https://accounts.google.com.example.com' } },
    { what: 'no issuer', claims: { iss: undefined } },
    { what: 'another audience', claims: { aud: 'https://hooks.example.com' } },
    { what: 'no audience', claims: { aud: undefined } },
    { what: 'another account', claims: { email: 'me@evil.iam.gserviceaccount.com' } },
    { what: 'no account', claims: { email: undefined } },
    { what: 'an account in a list', claims: { email: [ACCOUNT] } },
    { what: 'an e-mail that is not verified', claims: { email_verified: false } },
    { what: 'an e-mail of which that is not said', claims: { email_verified: undefined } },
    { what: 'a verification as text', claims: { email_verified: 'true' } },
    {
      what: 'a token that has expired',
      claims: { exp: NOW - 61 },
      code: 'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    },
    {
      what: 'a token of the future',
      claims: { nbf: NOW + 61 },
      code: 'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    },
    { what: 'no end', claims: { exp: undefined }, code: 'ERR_TIMESTAMP_MISSING' },
  ])('$what', async ({ claims, ...rest }) => {
    const code = 'code' in rest ? rest.code : 'ERR_TOKEN_REFUSED'
    const answer = await receive(create(name), request(bearer({ ...CLAIMS, ...claims })))
    expect(answer).toMatchObject({ status: code === undefined ? 200 : 401, code })
  })

  test('headers are no proof', async () => {
    const headers = {
      'x-cloudtasks-taskname': 't',
      'x-cloudtasks-queuename': 'q',
      'x-goog-pubsub-message-id': '1',
      'ce-id': '1',
      'user-agent': 'APIs-Google',
    }
    const answer = await receive(create(name), request(undefined, {}, headers))
    expect(answer).toMatchObject({ status: 401, code: 'ERR_SIGNATURE_MISSING', events: [] })
  })

  test('any of the audiences and accounts', async () => {
    const lists = { audience: ['x', AUDIENCE], serviceAccountEmail: ['y', ACCOUNT] }
    expect(await receive(create(name, lists), request(bearer(CLAIMS)))).toMatchObject({
      status: 200,
    })
  })

  test('keys are downloaded once, and a token is verified once', async () => {
    const fetched: string[] = []
    const { fetch } = publishing(googlePair)
    const download = { fetch: (url: string) => (fetched.push(url), fetch(url)) }
    const provider = create(name, { download })
    for (const claims of [CLAIMS, CLAIMS, { ...CLAIMS, sub: '2' }]) {
      expect(await receive(provider, request(bearer(claims)))).toMatchObject({ status: 200 })
    }
    expect(fetched).toEqual([GOOGLE_KEYS])
  })

  test('without the keys the sender is asked to try again', async () => {
    const download = { fetch: async () => new Response('', { status: 500 }) }
    const answer = await receive(create(name, { download }), request(bearer(CLAIMS)))
    expect(answer).toMatchObject({ status: 503, code: 'ERR_SECRET_UNAVAILABLE', events: [] })
  })

  test.each([
    { audience: undefined },
    { audience: '' },
    { audience: [] },
    { audience: false },
    { audience: ['a', undefined] },
    { serviceAccountEmail: '' },
    { serviceAccountEmail: [] },
    { serviceAccountEmail: undefined },
  ])('is not made with %o', (options) => {
    expect(() => create(name, options)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })
})

describe('google-pubsub-push', () => {
  const message = {
    data: Buffer.from('{"a":"ü"}').toString('base64'),
    messageId: '1',
    publishTime: '2023-11-14T22:13:19.5Z',
  }
  const push = { message, subscription: 'projects/p/subscriptions/s' }
  const token = bearer(CLAIMS)

  test.each([
    { name: 'no attempt', body: push, event: { type: 'message', id: '1', attempt: 1 } },
    {
      name: 'the other spelling',
      body: { message: { message_id: '7', publish_time: '2023-11-14T22:13:19.5Z' } },
      event: { id: '7', timestamp: 1_699_999_999_500 },
    },
    { name: 'an attempt', body: { ...push, deliveryAttempt: 5 }, event: { attempt: 5 } },
  ])('$name', async ({ body, event }) => {
    const answer = await receive(googlePubsubPush(google), request(token, body))
    expect(answer).toMatchObject({ status: 200, events: [event] })
  })

  test('the type is an attribute of any name', async () => {
    const provider = googlePubsubPush({ ...google, typeAttribute: 'my.type' })
    const typed = { ...push, message: { ...message, attributes: { 'my.type': 'created' } } }
    expect(await receive(provider, request(token, typed))).toMatchObject({
      events: [{ type: 'created' }],
    })
    expect(await receive(provider, request(token, push))).toMatchObject({
      events: [{ type: 'unknown' }],
    })
  })

  test('unwrapped, nothing is read from the data', async () => {
    const provider = googlePubsubPush({ ...google, payload: 'unwrapped' })
    const [event] = (await receive(provider, request(token, push))).events
    expect(event).toMatchObject({ type: 'message', id: undefined, timestamp: undefined })
    const headers = { 'x-goog-pubsub-message-id': '9' }
    const other = await receive(
      provider,
      request(token, 'text', { ...headers, 'content-type': '' }),
    )
    expect(other.events).toMatchObject([{ id: '9', data: 'text' }])
  })

  test('wrapped, nothing is read from headers', async () => {
    const headers = { 'x-goog-pubsub-message-id': '9' }
    const answer = await receive(googlePubsubPush(google), request(token, push, headers))
    expect(answer.events).toMatchObject([{ id: '1' }])
  })

  test('a message that comes again is a duplicate', async () => {
    let worked = 0
    const handler = createWebhookHandler({
      provider: googlePubsubPush(google),
      on: { message: () => void worked++ },
      clock: () => NOW * 1000,
    })
    for (const deliveryAttempt of [1, 2]) {
      const { status } = await handler(request(token, { ...push, deliveryAttempt }))
      expect(status).toBe(200)
    }
    expect(worked).toBe(1)
  })

  test('its data is typed', () => {
    const provider = googlePubsubPush({ ...google, typeAttribute: 'kind' })
    createWebhookHandler({
      provider,
      on: { created: (event) => void expectTypeOf(event.data).toEqualTypeOf<PubSubPush>() },
    })
    createWebhookHandler({
      provider: googlePubsubPush({ ...google, payload: 'unwrapped' }),
      on: { message: (event) => void expectTypeOf(event.data).toBeUnknown() },
    })
  })

  test.each([{ payload: 'raw' }, { payload: 'toString' }])('is not made with %o', (options) => {
    expect(() => create('google-pubsub-push', options)).toThrow(TypeError)
  })

  test('messageData and messageJson', () => {
    expect(messageJson(push)).toEqual({ a: 'ü' })
    expect(Buffer.from(messageData(push)).toString()).toBe('{"a":"ü"}')
    expect(messageData({ message: {} })).toEqual(new Uint8Array())
    expect(messageJson({ message: { data: 'NQ==' } })).toBe(5)
    const malformed = expect.objectContaining({ code: 'ERR_BODY_MALFORMED' }) as Error
    expect(() => messageData({ message: { data: '*' } })).toThrow(malformed)
    for (const data of ['', 'eyI=', '/w==']) {
      expect(() => messageJson({ message: { data } })).toThrow(malformed)
    }
  })
})

describe('google-cloud-tasks', () => {
  const headers = { 'x-cloudtasks-queuename': 'q', 'x-cloudtasks-taskname': 't' }

  test.each([
    { more: {}, event: { type: 'q', id: 'q/t', attempt: 1, timestamp: undefined } },
    { more: { 'x-cloudtasks-taskretrycount': '0' }, event: { attempt: 1 } },
    { more: { 'x-cloudtasks-taskretrycount': '4' }, event: { attempt: 5 } },
    { more: { 'x-cloudtasks-queuename': 'r' }, event: { type: 'r', id: 'r/t' } },
  ])('$more', async ({ more, event }) => {
    const sent = request(bearer(CLAIMS), 'Hello', {
      'content-type': 'application/octet-stream',
      ...headers,
      ...more,
    })
    const answer = await receive(googleCloudTasks(google), sent)
    expect(answer.events).toMatchObject([{ ...event, data: new TextEncoder().encode('Hello') }])
  })
})

describe('google-chat', () => {
  const CHAT = 'chat@system.gserviceaccount.com'
  const projectNumber = '1234567890'
  const PROJECT_CLAIMS = { iss: CHAT, aud: projectNumber, iat: NOW, exp: NOW + 3600 }
  const byUrl = googleChat({ audience: AUDIENCE, download: publishing(googlePair) })
  const byProject = googleChat({
    projectNumber,
    download: {
      fetch: keyEndpoint({
        [CHAT_KEYS]: toGoogleJwks(strangerPair),
        [GOOGLE_KEYS]: toGoogleJwks(googlePair),
      }),
    },
  })

  test.each([
    { name: 'a token of Google', provider: byUrl, token: bearer({ ...CLAIMS, email: CHAT }) },
    { name: 'a token of Chat', provider: byProject, token: bearer(PROJECT_CLAIMS, strangerPair) },
  ])('$name', async ({ provider, token }) => {
    const answer = await receive(provider, request(token, { type: 'MESSAGE' }))
    expect(answer).toMatchObject({ status: 200, text: '{}', events: [{ type: 'MESSAGE' }] })
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test.each([
    { name: 'another account of Google', provider: byUrl, token: bearer(CLAIMS) },
    {
      name: 'the other mode, by URL',
      provider: byUrl,
      token: bearer(PROJECT_CLAIMS, strangerPair),
    },
    {
      name: 'the other mode, by project',
      provider: byProject,
      token: bearer({ ...CLAIMS, email: CHAT }),
    },
    { name: 'keys of Google for Chat', provider: byProject, token: bearer(PROJECT_CLAIMS) },
    {
      name: 'another project',
      provider: byProject,
      token: bearer({ ...PROJECT_CLAIMS, aud: '1' }, strangerPair),
    },
    {
      name: 'another issuer',
      provider: byProject,
      token: bearer({ ...PROJECT_CLAIMS, iss: CLAIMS.iss }, strangerPair),
    },
  ])('$name is refused', async ({ provider, token }) => {
    expect(await receive(provider, request(token))).toMatchObject({ status: 401, events: [] })
  })

  test.each([
    {},
    { audience: AUDIENCE, projectNumber },
    { projectNumber: '' },
    { projectNumber: 'my-project' },
    { projectNumber: undefined },
  ])('is not made with %o', (options) => {
    expect(() => googleChat(options as Parameters<typeof googleChat>[0])).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })

  test('each click on a card is an event', async () => {
    const click = (eventTime: string) => ({
      type: 'CARD_CLICKED',
      eventTime,
      message: { name: 'spaces/A/messages/1' },
    })
    const token = bearer({ ...CLAIMS, email: CHAT })
    const keys = new Set<string>()
    for (const at of ['2023-11-14T22:13:19Z', '2023-11-14T22:13:20Z']) {
      const [event] = (await receive(byUrl, request(token, click(at)))).events
      keys.add(event!.key)
    }
    expect(keys.size).toBe(2)
  })
})
