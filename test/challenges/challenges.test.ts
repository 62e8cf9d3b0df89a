import { createHmac } from 'node:crypto'
import { cloudevents } from 'webhook-target/challenges/cloudevents'
import { crc } from 'webhook-target/challenges/crc'
import { echo } from 'webhook-target/challenges/echo'
import { hub } from 'webhook-target/challenges/hub'
import { ping } from 'webhook-target/challenges/ping'
import { describe, expect, test } from 'vitest'
import { ask, SECRET, sign, table, TRICKS } from './ask.ts'

describe('echo of a query parameter', () => {
  table(echo({ query: 'challenge' }), [
    {
      name: 'answers',
      method: 'GET',
      query: '?challenge=abc-123_.~%2B%2F%3D',
      status: 200,
      text: 'abc-123_.~+/=',
    },
    {
      name: 'takes the longest',
      method: 'GET',
      query: `?challenge=${'a'.repeat(512)}`,
      status: 200,
      text: 'a'.repeat(512),
    },
    { name: 'is no other GET', method: 'GET', query: '?other=abc', status: 400 },
    { name: 'is no HEAD', method: 'HEAD', query: '?challenge=abc', status: 405 },
    { name: 'is no POST', query: '?challenge=abc', body: '{}', status: 401 },
    {
      name: 'leaves events alone',
      query: '?challenge=abc',
      body: '{}',
      secret: SECRET,
      status: 200,
      isEvent: true,
    },
    ...TRICKS.map(({ name, token }) => ({
      name: `refuses ${name}`,
      method: 'GET',
      query: `?challenge=${encodeURIComponent(token)}`,
      status: 403,
    })),
  ])

  test('no browser takes the answer for a page', async () => {
    const { response } = await ask([echo({ query: 'challenge' })], {
      method: 'GET',
      query: '?challenge=abc',
    })
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  })
})

describe('echo of a member', () => {
  const challenge = echo({
    member: 'data.challenge',
    when: { type: 'check' },
    as: { member: 'answer' },
  })
  const question = (token: unknown, type = 'check') =>
    JSON.stringify({ type, data: { challenge: token } })

  table(challenge, [
    {
      name: 'answers in JSON',
      body: question('abc'),
      secret: SECRET,
      status: 200,
      text: '{"answer":"abc"}',
    },
    {
      name: 'answers what is signed with an older secret',
      body: question('abc'),
      secret: 'older',
      status: 200,
      text: '{"answer":"abc"}',
    },
    { name: 'needs a signature', body: question('abc'), status: 401 },
    { name: 'needs the right one', body: question('abc'), secret: 'x', status: 401 },
    {
      name: 'is no event of another type',
      body: question('abc', 'made'),
      secret: SECRET,
      status: 200,
      isEvent: true,
    },
    {
      name: 'is no event without a challenge',
      body: '{"type":"check"}',
      secret: SECRET,
      status: 200,
      isEvent: true,
    },
    { name: 'refuses a number', body: question(5), secret: SECRET, status: 403 },
    { name: 'refuses an object', body: question({}), secret: SECRET, status: 403 },
    { name: 'refuses null', body: question(null), secret: SECRET, status: 403 },
    ...TRICKS.map(({ name, token }) => ({
      name: `refuses ${name}`,
      body: question(token),
      secret: SECRET,
      status: 403,
    })),
  ])
})

describe('hub', () => {
  const challenge = hub({ verifyToken: ['new-token', 'old-token'] })
  const query = (token: string, more = '') =>
    `?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444${more}`

  table(challenge, [
    { name: 'answers', method: 'GET', query: query('new-token'), status: 200, text: '1158201444' },
    {
      name: 'answers with an older token',
      method: 'GET',
      query: query('old-token'),
      status: 200,
      text: '1158201444',
    },
    { name: 'refuses another token', method: 'GET', query: query('nope'), status: 403 },
    { name: 'refuses part of the token', method: 'GET', query: query('new-toke'), status: 403 },
    { name: 'refuses an empty token', method: 'GET', query: query(''), status: 403 },
    {
      name: 'refuses no token',
      method: 'GET',
      query: '?hub.mode=subscribe&hub.challenge=1',
      status: 403,
    },
    {
      name: 'refuses no challenge',
      method: 'GET',
      query: '?hub.mode=subscribe&hub.verify_token=new-token',
      status: 403,
    },
    {
      name: 'is not for another mode',
      method: 'GET',
      query: '?hub.mode=other&hub.verify_token=new-token&hub.challenge=1',
      status: 400,
    },
    {
      name: 'is not for names with underscores',
      method: 'GET',
      query: '?hub_mode=subscribe&hub_verify_token=new-token&hub_challenge=1',
      status: 400,
    },
    {
      name: 'does not stand in for a signature',
      query: query('new-token'),
      body: '{}',
      status: 401,
    },
    ...TRICKS.map(({ name, token }) => ({
      name: `refuses ${name}`,
      method: 'GET',
      query: `?hub.mode=subscribe&hub.verify_token=new-token&hub.challenge=${encodeURIComponent(token)}`,
      status: 403,
    })),
  ])

  test.each(['none', 'null-token'])('no token is not the token %s', async (verifyToken) => {
    const { status } = await ask([hub({ verifyToken })], {
      method: 'GET',
      query: '?hub.mode=subscribe&hub.challenge=1',
    })
    expect(status).toBe(403)
  })

  test.each([undefined, '', ' ', 'undefined', []])('a token of %j throws', (verifyToken) => {
    expect(() => hub({ verifyToken })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error,
    )
  })
})

describe('crc', () => {
  const unsigned = crc({
    secret: [SECRET, 'older'],
    method: 'GET',
    signed: false,
    token: ({ query }) => query.get('crc_token'),
    encoding: 'base64',
    respond: (_token, digest) => ({ response_token: `sha256=${digest}` }),
  })
  const digest = createHmac('sha256', SECRET).update('abc').digest('base64')

  describe('asked without a signature', () => {
    table(unsigned, [
      {
        name: 'answers',
        method: 'GET',
        query: '?crc_token=abc',
        status: 200,
        text: `{"response_token":"sha256=${digest}"}`,
      },
      { name: 'is no other GET', method: 'GET', query: '?other=abc', status: 400 },
      ...TRICKS.map(({ name, token }) => ({
        name: `does not sign ${name}`,
        method: 'GET',
        query: `?crc_token=${encodeURIComponent(token)}`,
        status: 403,
      })),
    ])
  })

  describe('asked with a signature', () => {
    const signed = crc({
      secret: [SECRET, 'older'],
      method: 'POST',
      signed: true,
      token: ({ payload }) => (payload as { token?: string }).token,
      encoding: 'hex',
      respond: (token, answer) => ({ token, answer }),
    })
    const body = '{"token":"abc"}'

    table(signed, [
      {
        name: 'answers',
        body,
        secret: SECRET,
        status: 200,
        text: `{"token":"abc","answer":"${sign('abc')}"}`,
      },
      // Several apps may share a URL: each expects an answer made with its own secret.
      {
        name: 'answers with the secret it is asked with',
        body,
        secret: 'older',
        status: 200,
        text: `{"token":"abc","answer":"${sign('abc', 'older')}"}`,
      },
      { name: 'signs nothing unsigned', body, status: 401 },
      { name: 'signs nothing wrongly signed', body, secret: 'x', status: 401 },
      { name: 'leaves events alone', body: '{}', secret: SECRET, status: 200, isEvent: true },
    ])
  })
})

describe('ping', () => {
  const reply = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"type":1}' }

  table(ping({ member: 'type', is: 1, reply }), [
    { name: 'answers', body: '{"type":1}', secret: SECRET, status: 200, text: '{"type":1}' },
    { name: 'needs a signature', body: '{"type":1}', status: 401 },
    {
      name: 'is no event of another type',
      body: '{"type":2}',
      secret: SECRET,
      status: 200,
      isEvent: true,
    },
    { name: 'is no text', body: '{"type":"1"}', secret: SECRET, status: 200, isEvent: true },
    { name: 'is no truth', body: '{"type":true}', secret: SECRET, status: 200, isEvent: true },
    { name: 'is no JSON', body: 'x', secret: SECRET, status: 400 },
  ])
})

describe('cloudevents', () => {
  const challenge = cloudevents({ allowedOrigins: ['eventgrid.azure.net'], ratePerMinute: 120 })
  const from = (origin: string, more = {}) => ({ 'webhook-request-origin': origin, ...more })

  table(challenge, [
    {
      name: 'allows an origin',
      method: 'OPTIONS',
      headers: from('eventgrid.azure.net'),
      status: 200,
    },
    { name: 'refuses another one', method: 'OPTIONS', headers: from('evil.example'), status: 403 },
    {
      name: 'refuses one that ends so',
      method: 'OPTIONS',
      headers: from('evil-eventgrid.azure.net'),
      status: 403,
    },
    {
      name: 'refuses a list',
      method: 'OPTIONS',
      headers: from('eventgrid.azure.net, evil.example'),
      status: 403,
    },
    { name: 'is no other OPTIONS', method: 'OPTIONS', status: 400 },
  ])

  const headersFor = async (headers: Record<string, string>) => {
    const { response } = await ask([challenge], { method: 'OPTIONS', headers })
    return Object.fromEntries(response.headers)
  }

  test('names the origin, and the rate only if asked', async () => {
    const allowed = { allow: 'POST', 'webhook-allowed-origin': 'eventgrid.azure.net' }
    expect(await headersFor(from('eventgrid.azure.net'))).toEqual(allowed)
    expect(
      await headersFor(from('eventgrid.azure.net', { 'webhook-request-rate': '1000' })),
    ).toEqual({
      ...allowed,
      'webhook-allowed-rate': '120',
    })
  })

  test('any origin must still be a name', async () => {
    const any = cloudevents({ allowedOrigins: '*' })
    const status = async (origin: string) =>
      (await ask([any], { method: 'OPTIONS', headers: from(origin) })).status
    expect(await status('a.example')).toBe(200)
    expect(await status('<script>')).toBe(403)
  })

  test('no origins throw', () => {
    expect(() => cloudevents({ allowedOrigins: [] })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

test('of several challenges each is found', async () => {
  const challenges = [
    echo({ query: 'a' }),
    echo({ query: 'b', as: { member: 'b' } }),
    hub({ verifyToken: 'x' }),
  ]
  expect(await ask(challenges, { method: 'GET', query: '?a=1' })).toMatchObject({ text: '1' })
  expect(await ask(challenges, { method: 'GET', query: '?b=2' })).toMatchObject({
    text: '{"b":"2"}',
  })
  expect(await ask(challenges, { method: 'GET', query: '?c=3' })).toMatchObject({ status: 400 })
})
