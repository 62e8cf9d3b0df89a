/** What sets these senders apart beyond what a sample or a vector of theirs can show. */
import { createHmac } from 'node:crypto'
import { adobeSign } from 'webhook-target/providers/adobe-sign'
import { azureEventGrid } from 'webhook-target/providers/azure-event-grid'
import { cloudeventsHttpWebhook } from 'webhook-target/providers/cloudevents-http-webhook'
import { dropbox } from 'webhook-target/providers/dropbox'
import { fitbit } from 'webhook-target/providers/fitbit'
import { mandrill } from 'webhook-target/providers/mandrill'
import { microsoftGraph } from 'webhook-target/providers/microsoft-graph'
import { okta } from 'webhook-target/providers/okta'
import { strava } from 'webhook-target/providers/strava'
import { trello } from 'webhook-target/providers/trello'
import { twitch } from 'webhook-target/providers/twitch'
import { viber } from 'webhook-target/providers/viber'
import { xero } from 'webhook-target/providers/xero'
import { createWebhookHandler, drop, WebhookError } from 'webhook-target'
import { describe, expect, test, vi } from 'vitest'
import { deliver, NOW, receive, signed } from '../providers/deliver.ts'

const secret = 'a-secret'
const URL = 'https://hooks.example.com/in'
const JSON_TYPE = { 'content-type': 'application/json' }
const post = (body: string, headers: Record<string, string> = JSON_TYPE, url = URL) =>
  new Request(url, { method: 'POST', headers, body })

describe('Microsoft Graph', () => {
  const provider = microsoftGraph({ secret: ['one', 'two'] })
  const send = (...states: readonly unknown[]) =>
    receive(
      provider,
      post(
        JSON.stringify({ value: states.map((clientState, id) => ({ id: `${id}`, clientState })) }),
      ),
    )

  test.each([
    { name: 'each of its own subscription', states: ['one', 'two', 'one'], status: 200, events: 3 },
    { name: 'one of them of none', states: ['one', undefined], status: 401, events: 0 },
    { name: 'one of them of another', states: ['one', 'three'], status: 401, events: 0 },
    { name: 'one of them a list', states: [['one']], status: 401, events: 0 },
    { name: 'one of them empty', states: [''], status: 401, events: 0 },
    { name: 'none at all', states: [], status: 401, events: 0 },
  ])('notifications, $name: $status', async ({ states, status, events }) => {
    const answer = await send(...states)
    expect(answer).toMatchObject({ status })
    expect(answer.events).toHaveLength(events)
  })

  test('a payload without notifications', async () => {
    expect(await receive(provider, post('{"clientState":"one"}'))).toMatchObject({ status: 400 })
  })

  test('a validation token is text, and decoded once', async () => {
    const ask = (token: string) =>
      receive(provider, new Request(`${URL}?validationToken=${token}`, { method: 'POST' }))
    const answer = await ask('Validation%3a+Testing%2Btwice')
    expect(answer).toMatchObject({ status: 200, text: 'Validation: Testing+twice' })
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(await ask('%3Cscript%3E')).toMatchObject({ status: 403, text: '' })
    expect(await ask('%253Cscript%253E')).toMatchObject({ status: 403, text: '' })
  })
})

describe('Azure Event Grid', () => {
  const provider = azureEventGrid({ secret, allowedSubscriptions: ['MySub'] })
  const validation = JSON.stringify([
    {
      id: '1',
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: '512d38b6' },
    },
  ])
  const validate = (code: string, name: string) =>
    receive(
      provider,
      post(validation, { ...JSON_TYPE, 'aeg-subscription-name': name }, `${URL}?code=${code}`),
    )
  const options = (query: string, origin = 'eventgrid.azure.net') =>
    receive(
      provider,
      new Request(URL + query, {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': origin, 'webhook-request-rate': '120' },
      }),
    )

  test('a subscription is validated by name and secret', async () => {
    expect(await validate(secret, 'MYSUB')).toMatchObject({
      status: 200,
      text: '{"validationResponse":"512d38b6"}',
      events: [],
    })
    expect(await validate(secret, 'OTHER')).toMatchObject({ status: 403, text: '' })
    expect(await validate('nope', 'MYSUB')).toMatchObject({ status: 401, text: '' })
  })

  test('the CloudEvents handshake needs the secret too', async () => {
    expect((await options(`?code=${secret}`)).headers).toMatchObject({
      'webhook-allowed-origin': 'eventgrid.azure.net',
      'webhook-allowed-rate': '120',
    })
    for (const refused of [await options('?code=nope'), await options('')]) {
      expect(refused).toMatchObject({ status: 401, text: '' })
      expect(refused.headers).not.toHaveProperty('webhook-allowed-origin')
    }
    expect(await options(`?code=${secret}`, 'evil.example.com')).toMatchObject({ status: 403 })
  })

  test('another scheme is asked at the handshake too, to its end', async () => {
    const refuse = () => {
      throw new WebhookError('ERR_CREDENTIAL_MISMATCH', 'Another token')
    }
    const verify = { name: 'entra', headers: [], applies: () => true, open: () => refuse }
    const headers = { 'webhook-request-origin': 'eventgrid.azure.net' }
    const question = new Request(URL, { method: 'OPTIONS', headers })
    expect(await receive(azureEventGrid({ verify }), question)).toMatchObject({ status: 401 })
  })

  test('a batch of CloudEvents', async () => {
    const body = JSON.stringify(
      [1, 2].map((id) => ({ specversion: '1.0', id: `${id}`, type: 'a' })),
    )
    const { events } = await receive(provider, post(body, JSON_TYPE, `${URL}?code=${secret}`))
    expect(events.map(({ id }) => id)).toEqual(['1', '2'])
  })
})

describe('CloudEvents web hooks', () => {
  const provider = cloudeventsHttpWebhook({ secret, allowedOrigins: ['a.example'] })
  const bearer = { ...JSON_TYPE, authorization: `Bearer ${secret}` }
  const event = '{"specversion":"1.0","id":"1","source":"/s","type":"a"}'

  test('the token may be in the header or the query, and not wrong in one of them', async () => {
    expect(await receive(provider, post(event, bearer))).toMatchObject({ status: 204 })
    const query = `${URL}?access_token=${secret}`
    expect(await receive(provider, post(event, JSON_TYPE, query))).toMatchObject({ status: 204 })
    const wrong = { ...JSON_TYPE, authorization: 'Bearer nope' }
    expect(await receive(provider, post(event, wrong, query))).toMatchObject({ status: 401 })
    expect(await receive(provider, post(event))).toMatchObject({ status: 401 })
  })

  test('data that is a list stays one event', async () => {
    const binary = { ...bearer, 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 'a' }
    const { events } = await receive(provider, post('[1,2]', binary))
    expect(events).toMatchObject([{ type: 'a', data: [1, 2] }])
  })

  test('ids of two sources are two events', async () => {
    const other = event.replace('/s', '/t')
    const { events } = await receive(provider, post(`[${event},${other}]`, bearer))
    expect(events.map(({ id }) => id)).toEqual(['/s 1', '/t 1'])
  })
})

test('Adobe Sign is told the client id with every answer to an event', async () => {
  const provider = adobeSign({ clientId: 'ABC' })
  for (const outcome of [undefined, drop('not for us')]) {
    const answer = await deliver(provider, { body: {} }, outcome && { outcome })
    expect(answer).toMatchObject({ status: 200, headers: { 'x-adobesign-clientid': 'ABC' } })
  }
  const other = await receive(provider, post('{}', { 'x-adobesign-clientid': 'ABD' }))
  expect(other).toMatchObject({ status: 401, events: [] })
  expect(other.headers).not.toHaveProperty('x-adobesign-clientid')
})

test.each([undefined, '', 'a\r\nb', ['ABC']])('Adobe Sign takes no client id %j', (clientId) => {
  expect(() => adobeSign({ clientId: clientId as string })).toThrow(TypeError)
})

test('Okta is verified without the secret, and no markup is given back', async () => {
  const ask = (challenge: string) =>
    receive(
      okta({ secret }),
      new Request(URL, { headers: { 'x-okta-verification-challenge': challenge } }),
    )
  expect(await ask('a challenge')).toMatchObject({
    status: 200,
    text: '{"verification":"a challenge"}',
  })
  expect(await ask('<b>')).toMatchObject({ status: 403, text: '' })
})

describe.each([
  {
    name: 'Dropbox',
    provider: dropbox({ secret }),
    body: { list_folder: { accounts: ['1'] } },
  },
  {
    name: 'Fitbit',
    provider: fitbit({ secret, verificationCode: 'code' }),
    body: [{ collectionType: 'foods' }],
  },
])('$name', ({ provider, body }) => {
  test('notices that are equal are each worked on', async () => {
    const effect = vi.fn()
    const handler = createWebhookHandler({
      provider,
      on: { '*': (event) => void effect(event.id, event.id, event.key) },
      clock: () => NOW * 1000,
    })
    await handler(await signed(provider, { body }))
    await handler(await signed(provider, { body }))
    expect(effect).toHaveBeenCalledTimes(2)
    for (const [first, second, key] of effect.mock.calls) {
      expect(first).toBe(second)
      expect(key).toContain(first)
    }
  })
})

test.each(['', ' ', undefined])('Fitbit takes no secret %j', (value) => {
  expect(() => fitbit({ secret: value, verificationCode: 'code' })).toThrow(
    expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error,
  )
})

test.each([0, -1, 1.5, NaN])('Strava takes no subscription %j', (subscriptionId) => {
  expect(() => strava({ verifyToken: 'token', subscriptionId })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
  )
})

test.each(['"120475"', '[120475]', 'null', '120475.5', '-120475', '1e99'])(
  'Strava refuses the subscription %s',
  async (id) => {
    const provider = strava({ verifyToken: 'token', subscriptionId: 120_475 })
    const answer = await receive(provider, post(`{"subscription_id":${id}}`))
    expect(answer).toMatchObject({ status: 401, events: [] })
  },
)

test('Trello signs the URL it was given', async () => {
  const message = { url: 'https://public.example.com/trello', body: {} }
  const request = await signed(trello({ secret }), message)
  const elsewhere = new Request('http://10.0.0.1:8080/trello', request.clone())
  expect(await receive(trello({ secret }), elsewhere.clone())).toMatchObject({ status: 401 })
  const publicUrl = 'https://public.example.com'
  expect(await receive(trello({ secret }), elsewhere, { publicUrl })).toMatchObject({ status: 200 })
})

test.each([
  ['a plus for a space', 'mandrill_events=%5B%7B%22a%22%3A%22b+c%22%7D%5D'],
  ['%20 for a space', 'mandrill_events=%5B%7B%22a%22%3A%22b%20c%22%7D%5D'],
])('Mandrill signs what a form means, with %s', async (_, body) => {
  const signature = createHmac('sha1', secret)
    .update(`${URL}mandrill_events[{"a":"b c"}]`)
    .digest('base64')
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-mandrill-signature': signature,
  }
  expect(await receive(mandrill({ secret }), post(body, headers))).toMatchObject({ status: 200 })
  const asText = { ...headers, 'content-type': 'text/plain' }
  expect(await receive(mandrill({ secret }), post(body, asText))).toMatchObject({ status: 401 })
})

test('Twitch is answered with its challenge alone, and only if that is signed', async () => {
  const provider = twitch({ secret })
  const message = {
    headers: { 'twitch-eventsub-message-id': '1' },
    body: { challenge: 'pogchamp', subscription: { type: 'channel.follow' } },
  }
  const answer = await deliver(provider, message)
  expect(answer).toMatchObject({ status: 200, text: 'pogchamp', events: [] })
  expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  expect(await receive(provider, post(JSON.stringify(message.body)))).toMatchObject({ status: 401 })
})

test('Viber tells a message, its delivery and that it was seen by the same id apart', async () => {
  const ids: (string | undefined)[] = []
  for (const event of ['message', 'delivered', 'seen']) {
    const body = `{"event":"${event}","message_token": 4977069964384421269}`
    const { events } = await deliver(viber({ secret }), { headers: JSON_TYPE, body })
    ids.push(events[0]?.id)
  }
  expect(ids).toEqual(['message', 'delivered', 'seen'].map((type) => `${type}:4977069964384421269`))
})

test('Xero gets 200 with nothing, or exactly 401', async () => {
  const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"x"}'
  const good = await deliver(xero({ secret }), { headers: JSON_TYPE, body })
  expect(good).toMatchObject({ status: 200, text: '', headers: {} })
  for (const signature of ['x', 'A'.repeat(43) + '=', undefined]) {
    const headers = { ...JSON_TYPE, ...(signature && { 'x-xero-signature': signature }) }
    const bad = await receive(xero({ secret }), post(body, headers))
    expect(bad).toMatchObject({ status: 401, text: '', headers: {}, events: [] })
  }
})
