/** What is peculiar to PayPal: its certificates, its id and its CRC. */
import { crc32 as zlibCrc32 } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { paypal, type PayPalOptions } from 'webhook-target/providers/paypal'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32 } from '../../src/lib/crc32.ts'
import { NOW, receive, withHeaders } from './deliver.ts'
import { rsaPair } from './keys.ts'

const { publicKey, privateKey } = rsaPair()
const webhookId = '3TR748995U920805P'
const options: PayPalOptions = { webhookId, publicKey }
const body = { id: 'WH-1', event_type: 'A' }
const now = NOW * 1000

test('its CRC is the one of zlib', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      expect(crc32(bytes)).toBe(zlibCrc32(bytes))
    }),
  )
})

describe('a delivery', () => {
  const request = () => sign(paypal(options), { body }, { now, privateKey })

  test.each<{ name: string; headers: Record<string, string | undefined>; code: string }>([
    {
      name: 'without a hash',
      headers: { 'paypal-auth-algo': undefined },
      code: 'ERR_SIGNATURE_MALFORMED',
    },
    {
      name: 'with another hash',
      headers: { 'paypal-auth-algo': 'SHA1withRSA' },
      code: 'ERR_SIGNATURE_MALFORMED',
    },
    {
      name: 'with another id',
      headers: { 'paypal-transmission-id': 'other' },
      code: 'ERR_SIGNATURE_MISMATCH',
    },
    {
      name: 'with a bar in its id',
      headers: { 'paypal-transmission-id': 'a|b' },
      code: 'ERR_SIGNATURE_MALFORMED',
    },
    {
      name: 'without a time',
      headers: { 'paypal-transmission-time': undefined },
      code: 'ERR_TIMESTAMP_MALFORMED',
    },
    {
      name: 'with another time',
      headers: { 'paypal-transmission-time': '2023-11-14T22:13:21Z' },
      code: 'ERR_SIGNATURE_MISMATCH',
    },
    {
      name: 'with a foreign certificate',
      headers: {
        'paypal-cert-url': 'https://api.paypal.com.evil.example/v1/notifications/certs/C',
      },
      code: 'ERR_KEY_UNKNOWN',
    },
    {
      name: 'of the sandbox',
      headers: { 'paypal-cert-url': 'https://api.sandbox.paypal.com/v1/notifications/certs/C' },
      code: 'ERR_KEY_UNKNOWN',
    },
    {
      name: 'with another document of PayPal',
      headers: { 'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/../webhooks' },
      code: 'ERR_KEY_UNKNOWN',
    },
  ])('$name is refused', async ({ headers, code }) => {
    const answer = await receive(paypal(options), withHeaders(await request(), headers))
    expect(answer).toMatchObject({ status: 401, code, events: [] })
  })

  test('is refused past the tolerance, if there is one', async () => {
    const old = await sign(paypal(options), { body }, { now: now - 3_600_000, privateKey })
    expect((await receive(paypal(options), old.clone())).status).toBe(200)
    const strict = paypal({ ...options, toleranceSeconds: 300 })
    expect((await receive(strict, old)).code).toBe('ERR_TIMESTAMP_OUTSIDE_TOLERANCE')
  })

  test('is known by its event, or by the id that is signed in full', async () => {
    const transmissions = paypal({ ...options, identity: 'transmission' })
    const [event] = (await receive(paypal(options), await request())).events
    const [transmission] = (await receive(transmissions, await request())).events
    expect([event?.id, transmission?.id]).toEqual(['WH-1', `sent-${now}`])
  })
})

describe('a certificate', () => {
  const file = (name: string) =>
    readFileSync(`${import.meta.dirname}/../fixtures/certificates/${name}`, 'utf8')
  const certificateUrl = 'https://api.paypal.com/v1/notifications/certs/CERT-1'
  const fetch = async (url: string) =>
    url === certificateUrl
      ? new Response(file('leaf.pem') + file('middle.pem'))
      : new Response('', { status: 404 })
  const send = async (extra: Partial<PayPalOptions>) => {
    const provider = paypal({ webhookId, fetch, ...extra })
    const message = { body, headers: { 'paypal-cert-url': certificateUrl } }
    return receive(provider, await sign(provider, message, { now, privateKey: file('leaf.key') }))
  }

  test('is downloaded and has to be of PayPal', async () => {
    const certificateNames = ['signing.example.com']
    expect((await send({ certificateNames })).status).toBe(200)
    expect((await send({ certificateNames, roots: file('root.pem') })).status).toBe(200)
    expect((await send({})).code).toBe('ERR_CERTIFICATE_REFUSED')
    // As from a setting that is not there: the check must not go with it.
    const unset = { certificateNames: undefined } as object
    expect((await send(unset)).code).toBe('ERR_CERTIFICATE_REFUSED')
    expect((await send({ certificateNames, roots: file('ec-root.pem') })).code).toBe(
      'ERR_CERTIFICATE_REFUSED',
    )
    expect((await send({ certificateNames, environment: 'sandbox' })).code).toBe('ERR_KEY_UNKNOWN')
  })
})

test.each([undefined, '', [], 'a|b', ['3TR748995U920805P', '']])(
  'an id of the webhook is needed: %j',
  (id) => {
    expect(() => paypal({ webhookId: id, publicKey })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  },
)
