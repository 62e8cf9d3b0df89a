import { defineProvider } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { anyOf } from 'webhook-target/schemes/any-of'
import { unauthenticated } from 'webhook-target/schemes/unauthenticated'
import { hmac } from 'webhook-target/schemes/hmac'
import { sign } from 'webhook-target/testing'
import type { Scheme } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { receive } from '../providers/deliver.ts'

const secret = 'It is a secret to everybody'
const providerOf = (verify: Scheme) => defineProvider({ name: 'sender', verify })

describe('a message signed by every scheme is taken by it', () => {
  test.each([
    { name: 'hmac', verify: hmac({ secret, header: 'x-signature' }) },
    { name: 'a header', verify: sharedSecret({ header: 'x-token', secret }) },
    { name: 'bearer', verify: sharedSecret({ bearer: true, secret: 'token' }) },
    { name: 'a query parameter', verify: sharedSecret({ query: 'token', secret }) },
    { name: 'a member', verify: sharedSecret({ member: 'auth.token', secret }) },
    { name: 'basic-auth', verify: basicAuth({ username: 'hook', secret }) },
    {
      name: 'any-of, the first',
      verify: anyOf(
        hmac({ secret, header: 'x-signature' }),
        sharedSecret({ header: 'x-token', secret }),
      ),
    },
    { name: 'unauthenticated', verify: unauthenticated({ reason: 'nothing to be verified' }) },
  ])('$name', async ({ verify }) => {
    const provider = providerOf(verify)
    const answer = await receive(provider, await sign(provider, { body: { n: 1 } }))
    expect(answer).toMatchObject({ status: 200, events: [{ data: { n: 1 } }] })
  })

  test('a field', async () => {
    const provider = providerOf(sharedSecret({ field: 'token', secret }))
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answer = await receive(provider, await sign(provider, { headers, body: 'a=1' }))
    expect(answer).toMatchObject({ status: 200, events: [{ data: { a: '1', token: secret } }] })
  })
})

describe('what is sent', () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  const digest = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const provider = github({ secret: "It's a Secret to Everybody" })

  test('is signed as GitHub documents it', async () => {
    const request = await sign(provider, { body: 'Hello, World!' })
    expect(Object.fromEntries(request.headers)).toEqual({ 'x-hub-signature-256': digest })
    expect(request.method).toBe('POST')
    expect(request.url).toBe('https://example.com/')
    expect(await request.text()).toBe('Hello, World!')
  })

  test('may be bytes', async () => {
    const body = new TextEncoder().encode('Hello, World!')
    const request = await sign(provider, {
      body,
      url: 'http://localhost:8080/github',
      headers: { 'X-GitHub-Event': 'push' },
    })
    expect(request.url).toBe('http://localhost:8080/github')
    expect(Object.fromEntries(request.headers)).toEqual({
      'x-github-event': 'push',
      'x-hub-signature-256': digest,
    })
  })

  test('is JSON otherwise, under the content type that is given', async () => {
    const request = await sign(provider, {
      body: [1],
      headers: { 'Content-Type': 'application/vnd.acme+json' },
    })
    expect(request.headers.get('content-type')).toBe('application/vnd.acme+json')
    expect(await request.text()).toBe('[1]')
  })

  test('carries the time it is given, and an id of its own unless it has one', async () => {
    const sender = standardWebhooks({ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` })
    const request = await sign(sender, { body: {} }, { now: 1_700_000_000_999 })
    expect(request.headers.get('webhook-timestamp')).toBe('1700000000')
    expect(request.headers.get('webhook-id')).toMatch(/^msg_/)
  })
})

describe('nobody can sign', () => {
  test('with a secret that depends on the request', async () => {
    await expect(sign(github({ secret: () => secret }), { body: {} })).rejects.toThrow(
      /fixed secret/,
    )
  })

  test('where only the sender can', async () => {
    const { sign: _sign, ...verify } = hmac({ secret, header: 'x-signature' })
    await expect(sign(providerOf(verify), { body: {} })).rejects.toThrow(
      /Only sender itself can sign/,
    )
  })
})
