import { beforeEach, describe, expect, test } from 'vitest'
import { createAccessTokens } from '../../src/lib/google-auth.ts'

const URL =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'

describe('access tokens of the metadata server', () => {
  let clock = 0
  let asked = 0
  let seconds = 3599
  beforeEach(() => {
    clock = asked = 0
    seconds = 3599
  })
  const answer = async (): Promise<Response> => {
    const fields = { access_token: `token ${++asked}`, expires_in: seconds, token_type: 'Bearer' }
    return Response.json(fields)
  }
  const create = (fetch: typeof answer = answer, timeoutMs = 3000) =>
    createAccessTokens({ fetch, timeoutMs, now: () => clock })

  test('are asked for as Google wants it', async () => {
    const fetch = async (url: string, init: { readonly headers: object }) => {
      expect(url).toBe(URL)
      expect(init).toMatchObject({
        method: 'GET',
        headers: { 'metadata-flavor': 'Google' },
        redirect: 'manual',
      })
      return answer()
    }
    expect(await createAccessTokens({ fetch }).get()).toBe('token 1')
  })

  test('are asked for once by all who wait', async () => {
    const tokens = create()
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get()))
    expect(new Set(all)).toEqual(new Set(['token 1']))
    expect(await tokens.get()).toBe('token 1')
    expect(asked).toBe(1)
  })

  test.each([
    { good: 3599, kept: 3373, renewed: 3375 },
    { good: 300, kept: 149, renewed: 151 },
  ])('of $good s are kept for $kept s', async ({ good, kept, renewed }) => {
    seconds = good
    const tokens = create()
    await tokens.get()
    clock = kept * 1000
    expect(await tokens.get()).toBe('token 1')
    clock = renewed * 1000
    expect(await tokens.get()).toBe('token 2')
  })

  test('are new after one was refused', async () => {
    const tokens = create()
    await tokens.get()
    tokens.forget()
    expect(await tokens.get()).toBe('token 2')
  })

  test.each([
    { name: 'an error', response: () => new Response('', { status: 500 }) },
    { name: 'a redirect', response: () => new Response('', { status: 302 }) },
    { name: 'a page of somebody else', response: () => new Response('<html>') },
    { name: 'no token', response: () => Response.json({ expires_in: 5 }) },
    { name: 'no end', response: () => Response.json({ access_token: 'a' }) },
  ])('are not made of $name, and asked for again', async ({ response }) => {
    let failing = true
    const tokens = create(async () => (failing ? response() : answer()))
    await expect(tokens.get()).rejects.toThrow('outside of Google Cloud give accessToken')
    failing = false
    expect(await tokens.get()).toBe('token 1')
  })

  test('are waited for so long only, and asked for anew', async () => {
    let hangs = true
    const hanging = new Promise<Response>(() => undefined)
    const tokens = create(async () => (hangs ? hanging : answer()), 20)
    await expect(tokens.get()).rejects.toThrow('no answer within 20 ms')
    hangs = false
    expect(await tokens.get()).toBe('token 1')
  })

  test('are not waited for in the place of a request that was dropped', async () => {
    let hangs = true
    const hanging = new Promise<Response>(() => undefined)
    const tokens = create(async () => (hangs ? hanging : answer()))
    void tokens.get().catch(() => undefined)
    hangs = false
    clock = 6001
    expect(await tokens.get()).toBe('token 1')
  })
})

describe('access tokens of a function', () => {
  test('are those that it gives, each time', async () => {
    let count = 0
    const tokens = createAccessTokens({ accessToken: async () => `token ${++count}` })
    expect([await tokens.get(), await tokens.get()]).toEqual(['token 1', 'token 2'])
  })

  test('are waited for so long only', async () => {
    const accessToken = () => new Promise<string>(() => undefined)
    const tokens = createAccessTokens({ accessToken, timeoutMs: 20 })
    await expect(tokens.get()).rejects.toThrow('no answer within 20 ms')
  })
})
