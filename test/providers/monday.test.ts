import { createHmac } from 'node:crypto'
import { monday } from 'webhook-target/providers/monday'
import { describe, expect, test } from 'vitest'
import { NOW, receive } from './deliver.ts'
import { SAMPLE_URL, SECRET } from './sample.ts'

const provider = monday({ secret: SECRET, url: [SAMPLE_URL, 'https://hooks.example.com/old'] })
const CLAIMS = { aud: SAMPLE_URL, iat: NOW - 5, exp: NOW + 295, accountId: 1 }

function token(claims: object = {}, secret = SECRET): string {
  const signed = [
    { alg: 'HS256', typ: 'JWT' },
    { ...CLAIMS, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const request = (authorization?: string, body: object = { event: { type: 'create_item' } }) =>
  new Request(SAMPLE_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization !== undefined && { authorization }),
    },
    body: JSON.stringify(body),
  })

describe('tokens', () => {
  test.each([
    { name: 'bare', value: token(), status: 200 },
    {
      name: 'of another of the URLs',
      value: token({ aud: 'https://hooks.example.com/old' }),
      status: 200,
    },
    { name: 'with Bearer', value: `Bearer ${token()}`, status: 401 },
    { name: 'of another URL', value: token({ aud: `${SAMPLE_URL}/` }), status: 401 },
    { name: 'of no URL', value: token({ aud: undefined }), status: 401 },
    { name: 'at its end', value: token({ exp: NOW }), status: 401 },
    { name: 'without an end', value: token({ exp: undefined }), status: 401 },
    { name: 'of a clock that is ahead', value: token({ iat: NOW + 30 }), status: 200 },
    { name: 'of another app', value: token({}, 'another'), status: 401 },
    { name: 'absent', value: undefined, status: 401 },
  ])('$name', async ({ value, status }) => {
    expect(await receive(provider, request(value))).toMatchObject({ status })
  })
})

describe('the question', () => {
  const question = { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' }

  test.each([
    { name: 'without a token', value: undefined },
    { name: 'with one', value: token() },
  ])('$name is given back', async ({ value }) => {
    const answer = await receive(provider, request(value, question))
    expect(answer).toMatchObject({ status: 200, text: JSON.stringify(question), events: [] })
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
  })

  test('with a forged token is refused', async () => {
    const answer = await receive(provider, request(token({}, 'another'), question))
    expect(answer).toMatchObject({ status: 401, text: '', events: [] })
  })
})

test.each([{ url: undefined }, { url: '' }, { url: [] }])('is not made with %o', (options) => {
  expect(() => monday({ secret: SECRET, ...(options as { url: string }) })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
  )
})
