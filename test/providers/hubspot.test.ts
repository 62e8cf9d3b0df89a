import { createHash, createHmac } from 'node:crypto'
import { hubspot } from 'webhook-target/providers/hubspot'
import { describe, expect, test } from 'vitest'
import { deliver, NOW, receive, signed, withHeaders } from './deliver.ts'

const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'
const body = [{ eventId: 1, subscriptionType: 'contact.creation', occurredAt: 1 }]
const v3 = hubspot({ secret })

describe('only the version that is configured counts', () => {
  const versions = ['v1', 'v2', 'v3'] as const

  test.each(versions.flatMap((from) => versions.map((to) => ({ from, to }))))(
    'of $from to $to',
    async ({ from, to }) => {
      const request = await signed(hubspot({ secret, version: from }), { body })
      const { status } = await receive(hubspot({ secret, version: to }), request)
      expect(status).toBe(from === to ? 200 : 401)
    },
  )

  test('an older signature does not make up for a wrong one', async () => {
    const request = await signed(hubspot({ secret, version: 'v1' }), { body })
    const both = withHeaders(request, {
      'x-hubspot-signature-v3': `${'A'.repeat(43)}=`,
      'x-hubspot-request-timestamp': '1700000000000',
    })
    expect(await receive(v3, both)).toMatchObject({ status: 401, code: 'ERR_SIGNATURE_MISMATCH' })
  })

  test('an unknown version is none', () => {
    expect(() => hubspot({ secret, version: 'v4' as 'v1' })).toThrow(/version "v1", "v2" or "v3"/)
  })
})

describe('the URL', () => {
  const called = 'https://hooks.example.com/in?to=a%40b.c%2Cd&q=x%20y%26z'
  const time = `${NOW}000`

  test.each([
    { name: 'decoded, as the page says', url: called.replace('%40', '@').replace('%2C', ',') },
    { name: 'as it came, as the SDKs say', url: called },
    { name: 'decoded in part', url: called.replace('%40', '@'), status: 401 },
    { name: 'decoded altogether', url: decodeURIComponent(called), status: 401 },
    { name: 'without its query', url: 'https://hooks.example.com/in', status: 401 },
  ])('signed $name', async ({ url, status = 200 }) => {
    const signature = createHmac('sha256', secret).update(`POST${url}[]${time}`).digest('base64')
    const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': time }
    const request = new Request(called, { method: 'POST', headers, body: '[]' })
    expect((await receive(v3, request)).status).toBe(status)
  })

  test('is signed as the page says', async () => {
    const decoded = called.replace('%40', '@').replace('%2C', ',')
    const signatureOf = async (url: string) =>
      (await signed(v3, { url, body: '[]' })).headers.get('x-hubspot-signature-v3')
    expect(await signatureOf(called)).toBe(await signatureOf(decoded))
  })
})

test.each(['v1', 'v2'] as const)('a hash of %s that was extended is refused', async (version) => {
  const target = hubspot({ secret, version })
  // What an extension of the hash is of: the content, its padding, and whatever comes behind.
  const extended = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0x80, 0, 0), Buffer.from('"}')])
  const request = new Request('https://hooks.example.com/in', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: extended,
  })
  const prefix = version === 'v1' ? '' : `POST${request.url}`
  const signature = createHash('sha256').update(secret).update(prefix).update(extended)
  request.headers.set('x-hubspot-signature', signature.digest('hex'))
  expect(await receive(target, request)).toMatchObject({ status: 401, events: [] })
})

test('every event of a batch is one', async () => {
  const events = [1, 2].map((eventId) => ({ ...body[0], eventId, attemptNumber: 0 }))
  const first = await deliver(v3, { body: events })
  expect(first.events.map(({ id, attempt }) => [id, attempt])).toEqual([
    ['1::::1', 1],
    ['2::::1', 1],
  ])
  const again = await deliver(v3, { body: events.map((event) => ({ ...event, attemptNumber: 1 })) })
  expect(again.events.map(({ key }) => key)).toEqual(first.events.map(({ key }) => key))
})

test('a workflow sends one object', async () => {
  const { events } = await deliver(v3, { body: { objectId: 1 } })
  expect(events).toMatchObject([{ type: 'unknown', data: { objectId: 1 } }])
})

test.each([
  { name: 'text', message: { body: 'hello', headers: { 'content-type': 'text/plain' } } },
  { name: 'bytes', message: { body: 'hello', headers: { 'content-type': 'image/png' } } },
  { name: 'a list of numbers', message: { body: [1] } },
])('$name is no delivery of HubSpot', async ({ message }) => {
  const { status, code } = await deliver(v3, message)
  expect([status, code]).toEqual([400, 'ERR_BODY_MALFORMED'])
})
