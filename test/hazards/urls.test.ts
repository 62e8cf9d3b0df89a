import { createWebhookHandler } from 'webhook-target'
import { twilio } from 'webhook-target/providers/twilio'
import { createHmac } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { bytesOf, ORIGIN } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme, SECRET } from '../support/senders.ts'

const PUBLIC = 'https://hooks.example.com/twilio'

/** A form as Twilio signs it: the URL, then names and values in order. */
function fromTwilio(url: string) {
  const signature = createHmac('sha1', SECRET)
    .update(`${url}Body+hi`.replace('+', ''))
    .digest('base64')
  return { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature }
}

async function receive(
  origin: string,
  {
    signedUrl,
    headers = {},
    publicUrl,
  }: { signedUrl: string; headers?: Record<string, string>; publicUrl?: string },
) {
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider: twilio({ secret: SECRET }),
    on: { '*': effect },
    telemetry: silent,
    ...(publicUrl !== undefined && { publicUrl }),
  })
  const reply = await handler.receive({
    method: 'POST',
    origin,
    target: '/twilio',
    headers: new Headers({ ...fromTwilio(signedUrl), ...headers }),
    readBody: () => bytesOf('Body=hi'),
  })
  return reply.status
}

describe('the URL a sender signs', () => {
  const FORWARDED = {
    'x-forwarded-host': 'hooks.example.com',
    'x-forwarded-proto': 'https',
    forwarded: 'host=hooks.example.com;proto=https',
    'x-original-url': '/twilio',
    'x-rewrite-url': '/twilio',
  }

  test('H32 is the configured one', async () => {
    expect(await receive('http://10.0.0.1:8080', { signedUrl: PUBLIC, publicUrl: PUBLIC })).toBe(
      200,
    )
    expect(await receive('http://10.0.0.1:8080', { signedUrl: PUBLIC, publicUrl: ORIGIN })).toBe(
      200,
    )
  })

  test('H32 no forwarded header moves it', async () => {
    const inside = 'http://10.0.0.1:8080'
    // Signed for another place, and made to look as if it had come there.
    expect(await receive(inside, { signedUrl: PUBLIC, headers: FORWARDED })).toBe(403)
    const evil = { ...FORWARDED, 'x-forwarded-host': 'evil.example.com' }
    expect(
      await receive(inside, {
        signedUrl: 'https://evil.example.com/twilio',
        publicUrl: PUBLIC,
        headers: evil,
      }),
    ).toBe(403)
    expect(await receive(inside, { signedUrl: PUBLIC, publicUrl: PUBLIC, headers: evil })).toBe(200)
  })

  test('H33 nor does Host', async () => {
    const headers = { host: 'evil.example.com' }
    expect(
      await receive('https://evil.example.com', { signedUrl: PUBLIC, publicUrl: PUBLIC, headers }),
    ).toBe(200)
    expect(
      await receive('https://evil.example.com', {
        signedUrl: 'https://evil.example.com/twilio',
        publicUrl: PUBLIC,
        headers,
      }),
    ).toBe(403)
  })

  test.each([
    'hooks.example.com',
    '//hooks.example.com',
    'ftp://hooks.example.com',
    'javascript:alert(1)',
    'https://hooks.example.com/?a=1',
    'https://hooks.example.com/#a',
    '',
  ])('H33 a public URL that is none is refused at the start: %j', (publicUrl) => {
    expect(() => createWebhookHandler({ provider: acme(), on: {}, publicUrl })).toThrow(TypeError)
  })

  test('H33 where a host says nothing of an origin, a path can not make one', async () => {
    const urls: string[] = []
    const handler = createWebhookHandler({
      provider: acme(),
      on: { '*': (_event, { request }) => void urls.push(request.url) },
    })
    const { headers = {}, body } = fromAcme()
    for (const target of [
      '//evil.example.com/x',
      '/\\evil.example.com',
      '/@evil.example.com',
      '/.evil.example.com',
    ]) {
      await handler.receive({
        method: 'POST',
        origin: ORIGIN,
        target,
        headers: new Headers({ ...headers, 'x-acme-id': target.replace('\\', '') }),
        readBody: () => bytesOf(body),
      })
    }
    expect(urls.map((url) => new URL(url).origin)).toEqual(urls.map(() => ORIGIN))
    expect(urls).toHaveLength(4)
  })
})
