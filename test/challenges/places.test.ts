import { echo } from 'webhook-target/challenges/echo'
import { hub } from 'webhook-target/challenges/hub'
import { presence } from 'webhook-target/challenges/presence'
import { verificationCode } from 'webhook-target/challenges/verification-code'
import { describe, expect, test } from 'vitest'
import { ask, SECRET, table, TRICKS } from './ask.ts'

/** What stands between words is no trick where a phrase is expected. */
const PHRASE_TRICKS = [
  ...TRICKS.filter(({ name }) => !['a colon', 'a space', 'too long'].includes(name)),
  { name: 'a phrase that is too long', token: 'a '.repeat(513) },
  { name: 'a space in front', token: ' a' },
]

describe('echo of a header', () => {
  const challenge = echo({ header: 'X-Question', as: { member: 'answer' }, form: 'phrase' })
  const headers = { 'x-question': 'my challenge: a, b' }

  table(challenge, [
    {
      name: 'answers',
      method: 'GET',
      headers,
      status: 200,
      text: '{"answer":"my challenge: a, b"}',
    },
    { name: 'is no other GET', method: 'GET', status: 400 },
    { name: 'is no POST', headers, body: '{}', status: 401 },
    {
      name: 'leaves events alone',
      headers,
      body: '{}',
      secret: SECRET,
      status: 200,
      isEvent: true,
    },
  ])
})

describe('echo of the query of a POST', () => {
  table(echo({ query: 'token', method: 'POST', form: 'phrase' }), [
    { name: 'answers, decoded once', query: '?token=a%3A+b%2520', status: 403 },
    { name: 'answers words', query: '?token=a%3A+b%2Bc', status: 200, text: 'a: b+c' },
    { name: 'is no event', body: '{}', status: 401 },
    { name: 'is no GET', method: 'GET', query: '?token=a', status: 405 },
    ...PHRASE_TRICKS.map(({ name, token }) => ({
      name: `refuses ${name}`,
      query: `?token=${encodeURIComponent(token)}`,
      status: 403,
    })),
  ])
})

test('an answer in several places', async () => {
  const challenge = echo({ query: 'q', as: [{ header: 'X-Answer' }, { member: 'answer' }] })
  const { response, text } = await ask([challenge], { method: 'GET', query: '?q=abc' })
  expect(response.headers.get('x-answer')).toBe('abc')
  expect(text).toBe('{"answer":"abc"}')
})

test('an answer in a header alone has no body', async () => {
  const challenge = echo({ query: 'q', as: { header: 'x-answer' } })
  const { response, text } = await ask([challenge], { method: 'GET', query: '?q=abc' })
  expect(Object.fromEntries(response.headers)).toEqual({ 'x-answer': 'abc' })
  expect(text).toBe('')
})

describe('echo of what is accepted', () => {
  const ours = async (token: string) => token === 'ours'
  table(echo({ query: 'q', accepts: ours }), [
    { name: 'answers', method: 'GET', query: '?q=ours', status: 200, text: 'ours' },
    { name: 'refuses another one', method: 'GET', query: '?q=theirs', status: 403 },
  ])
})

describe('hub as JSON', () => {
  const query = (token: string) => `?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1a`
  table(hub({ verifyToken: 'token', as: { member: 'hub.challenge' } }), [
    {
      name: 'answers',
      method: 'GET',
      query: query('token'),
      status: 200,
      text: '{"hub.challenge":"1a"}',
    },
    { name: 'refuses another token', method: 'GET', query: query('nope'), status: 403 },
  ])
})

describe('presence', () => {
  describe('by HEAD', () => {
    table(presence({ method: 'HEAD', reply: { status: 200, headers: {}, body: 'ok' } }), [
      { name: 'answers anyone, without a body', method: 'HEAD', query: '?any=thing', status: 200 },
      { name: 'is no GET', method: 'GET', status: 405 },
      { name: 'is no POST', body: '{}', status: 401 },
      { name: 'leaves events alone', body: '{}', secret: SECRET, status: 200, isEvent: true },
    ])
  })
  describe('by GET', () => {
    table(presence({ method: 'GET' }), [
      { name: 'answers anyone', method: 'GET', status: 200 },
      { name: 'is no HEAD', method: 'HEAD', status: 405 },
    ])
  })
})

describe('a verification code', () => {
  table(verificationCode({ code: ['right', 'older'], query: 'verify' }), [
    { name: 'tells that one is right', method: 'GET', query: '?verify=right', status: 204 },
    { name: 'or an older one', method: 'GET', query: '?verify=older', status: 204 },
    { name: 'tells that one is wrong', method: 'GET', query: '?verify=wrong', status: 404 },
    { name: 'tells that none is wrong', method: 'GET', query: '?verify=', status: 404 },
    { name: 'is no other GET', method: 'GET', query: '?other=right', status: 400 },
    { name: 'is no POST', query: '?verify=right', body: '{}', status: 401 },
  ])

  test.each([undefined, '', []])('%j throws', (code) => {
    expect(() => verificationCode({ code, query: 'verify' })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error,
    )
  })
})
