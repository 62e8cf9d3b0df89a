import { createHash, createHmac } from 'node:crypto'
import { twilio } from 'webhook-target/providers/twilio'
import { describe, expect, test } from 'vitest'
import { deliver, receive } from './deliver.ts'

// https://www.twilio.com/docs/usage/webhooks/webhooks-security
const secret = '12345'
const sender = twilio({ secret })
const form = 'application/x-www-form-urlencoded'
const sign = (content: string) => createHmac('sha1', secret).update(content).digest('base64')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

interface Case {
  readonly name: string
  readonly url?: string
  readonly type?: string | null
  readonly body?: string
  /** What Twilio has signed. */
  readonly content: string
  readonly publicUrl?: string
  readonly status?: number
}

const base = 'https://mycompany.com/myapp.php'
const json = '{"EventType":"a"}'
const digest = `bodySHA256=${sha256(json)}`

const CASES: readonly Case[] = [
  { name: 'fields in their order', body: 'b=2&a=1', content: `${base}a1b2` },
  {
    name: 'names as code units, not as words',
    body: 'b=1&a=2&B=3&A=4',
    content: `${base}A4B3a2b1`,
  },
  { name: 'a repeated field once for each value', body: 'a=2&a=1&a=1', content: `${base}a1a2` },
  { name: 'empty values', body: 'a=&b', content: `${base}ab` },
  { name: 'decoded values', body: 'a=%2B1+415&b=%C3%BC', content: `${base}a+1 415b\u00fc` },
  {
    name: 'a name of every object',
    body: '__proto__=1&constructor=2',
    content: `${base}__proto__1constructor2`,
  },
  { name: 'bytes that are no UTF-8', body: 'a=%FF', content: `${base}a\ufffd` },
  { name: 'no fields', body: '', content: base },
  { name: 'no body and no type', body: '', type: null, content: base },
  { name: 'the port signed too', body: 'a=1', content: 'https://mycompany.com:443/myapp.phpa1' },
  {
    name: 'another port than the usual is no reading',
    body: 'a=1',
    content: 'https://mycompany.com:444/myapp.phpa1',
    status: 403,
  },
  {
    name: 'a port that is not signed',
    url: 'https://mycompany.com:8443/myapp.php',
    body: 'a=1',
    content: `${base}a1`,
  },
  {
    name: 'a port that is',
    url: 'https://mycompany.com:8443/myapp.php',
    body: 'a=1',
    content: 'https://mycompany.com:8443/myapp.phpa1',
  },
  {
    name: 'a query encoded anew',
    url: `${base}?q=a|b&q=c'd`,
    body: 'a=1',
    content: `${base}?q=a%7Cb&q=c'da1`,
  },
  {
    name: 'both at once',
    url: `${base}?q=a|b`,
    body: 'a=1',
    content: 'https://mycompany.com:443/myapp.php?q=a%7Cba1',
  },
  { name: 'another path', body: 'a=1', content: 'https://mycompany.com/other.phpa1', status: 403 },
  { name: 'another scheme', body: 'a=1', content: 'http://mycompany.com/myapp.phpa1', status: 403 },
  { name: 'an additional field', body: 'a=1&b=2', content: `${base}a1`, status: 403 },
  {
    name: 'publicUrl with credentials',
    publicUrl: 'https://user:p%40ss@mycompany.com',
    body: 'a=1',
    content: 'https://user:p%40ss@mycompany.com/myapp.phpa1',
  },
  {
    name: 'publicUrl with credentials and a port',
    publicUrl: 'https://user:123@mycompany.com:443',
    body: 'a=1',
    content: 'https://user:123@mycompany.com/myapp.phpa1',
  },
  {
    name: 'publicUrl behind a proxy',
    publicUrl: 'https://hooks.example.com/twilio',
    url: 'http://10.0.0.1:8080/in?x=1',
    body: 'a=1',
    content: 'https://hooks.example.com/twilio?x=1a1',
  },
  {
    name: 'JSON with its digest in the URL',
    url: `${base}?${digest}`,
    type: 'application/json',
    body: json,
    content: `${base}?${digest}`,
  },
  {
    name: 'JSON with another digest',
    url: `${base}?bodySHA256=${sha256('{}')}`,
    type: 'application/json',
    body: json,
    content: `${base}?bodySHA256=${sha256('{}')}`,
    status: 403,
  },
  {
    name: 'JSON with an empty digest',
    url: `${base}?bodySHA256=`,
    type: 'application/json',
    body: json,
    content: `${base}?bodySHA256=`,
    status: 403,
  },
  {
    name: 'JSON that no signature covers',
    type: 'application/json',
    body: json,
    content: base,
    status: 403,
  },
  {
    name: 'text that no signature covers',
    type: 'text/plain',
    body: 'a=1',
    content: base,
    status: 403,
  },
  {
    name: 'a form sent as something else',
    type: 'text/plain',
    body: 'a=1',
    content: `${base}a1`,
    status: 403,
  },
  {
    name: 'JSON turned into an empty form',
    url: `${base}?${digest}`,
    body: '',
    content: `${base}?${digest}`,
    status: 403,
  },
  {
    name: 'JSON turned into a form of nothing',
    url: `${base}?${digest}`,
    body: '=&=',
    content: `${base}?${digest}`,
    status: 403,
  },
]

test.each(CASES)(
  '$name',
  async ({ url = base, type = form, body = '', content, publicUrl, status = 200 }) => {
    const headers = { ...(type && { 'content-type': type }), 'x-twilio-signature': sign(content) }
    const request = new Request(url, {
      method: 'POST',
      headers,
      body: new TextEncoder().encode(body),
    })
    const answer = await receive(sender, request, publicUrl === undefined ? {} : { publicUrl })
    expect([answer.status, answer.events.length]).toEqual([status, status === 200 ? 1 : 0])
  },
)

describe('signing as Twilio does', () => {
  test.each([
    { name: 'a form', headers: { 'content-type': form }, body: 'b=2&a=1', url: `${base}?x=1` },
    { name: 'JSON', headers: { 'content-type': 'application/json' }, body: json, url: base },
    {
      name: 'JSON and a query',
      headers: { 'content-type': 'application/json' },
      body: json,
      url: `${base}?x=1`,
    },
  ])('$name', async (message) => {
    expect((await deliver(sender, message)).events).toHaveLength(1)
  })

  test('credentials in the URL are signed, but not sent', async () => {
    const url = 'https://user:pass@mycompany.com/in'
    const message = { url, headers: { 'content-type': form }, body: 'a=1' }
    expect((await deliver(sender, message, { publicUrl: url })).events).toHaveLength(1)
    expect((await deliver(sender, message)).status).toBe(403)
  })
})

describe('a shared key', () => {
  const sharedKey = 'a shared key'
  const both = twilio({ secret, sharedKey })
  const settings = { 'x-twilio-webhooks-signature-settings': 'key=WK1,algorithm=HMAC_SHA256' }
  const body = 'MessageSid=SM1'
  const signedWith = (key: string, algorithm: string) =>
    createHmac(algorithm, key).update(`${base}MessageSidSM1`).digest('base64')
  const send = (signature: string, headers: Record<string, string> = settings, to = both) =>
    receive(
      to,
      new Request(base, {
        method: 'POST',
        headers: { 'content-type': form, 'x-twilio-signature': signature, ...headers },
        body,
      }),
    )

  test('signs with SHA-256 what names it, and the auth token the rest', async () => {
    expect(await send(signedWith(sharedKey, 'sha256'))).toMatchObject({ status: 200 })
    expect(await send(signedWith(secret, 'sha1'), {})).toMatchObject({ status: 200 })
  })

  test.each([
    ['the auth token under the settings', signedWith(secret, 'sha1'), settings],
    ['the auth token with SHA-256', signedWith(secret, 'sha256'), settings],
    ['the shared key without settings', signedWith(sharedKey, 'sha256'), {}],
    ['the shared key with SHA-1', signedWith(sharedKey, 'sha1'), settings],
    [
      'another algorithm',
      signedWith(sharedKey, 'sha1'),
      { 'x-twilio-webhooks-signature-settings': 'key=WK1,algorithm=HMAC_SHA1' },
    ],
    [
      'settings that came twice',
      signedWith(sharedKey, 'sha256'),
      {
        'x-twilio-webhooks-signature-settings':
          'key=WK1,algorithm=HMAC_SHA256, key=WK1,algorithm=HMAC_SHA256',
      },
    ],
    ['empty settings', signedWith(secret, 'sha1'), { 'x-twilio-webhooks-signature-settings': '' }],
  ])('passes with nothing else: %s', async (_, signature, headers: Record<string, string>) => {
    expect(await send(signature, headers)).toMatchObject({ status: 403, events: [] })
  })

  test('is asked for by name where there is none', async () => {
    const answer = await send(signedWith(sharedKey, 'sha256'), settings, sender)
    expect(answer).toMatchObject({ status: 403, code: 'ERR_SIGNATURE_MALFORMED' })
    expect(await send(signedWith(secret, 'sha1'), settings, sender)).toMatchObject({ status: 403 })
  })

  test('that is empty is refused when the provider is made', () => {
    expect(() => twilio({ secret, sharedKey: '' })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }),
    )
  })
})
