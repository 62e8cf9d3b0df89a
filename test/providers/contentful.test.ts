import { createHmac } from 'node:crypto'
import { contentful } from 'webhook-target/providers/contentful'
import { describe, expect, test } from 'vitest'
import { deliver, NOW, receive, signed, withHeaders } from './deliver.ts'

const secret = 'a'.repeat(64)
const sender = contentful({ secret })
const time = `${NOW}000`
const topic = 'ContentManagement.Entry.publish'

interface Signed {
  readonly target?: string
  /** The path as it is signed. */
  readonly path?: string
  readonly list: string
  readonly headers: Readonly<Record<string, string>>
}

/** A request that is signed by hand: the listed headers in the order of their names. */
function request({ target = '/in', path = target, list, headers: given }: Signed): Request {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-contentful-signed-headers': list,
    'x-contentful-timestamp': time,
    ...given,
  }
  const lines = list
    .split(',')
    .toSorted()
    .map((name) => `${name}:${headers[name]}`)
  const text = `POST\n${path}\n${lines.join(';')}\n{}`
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  return new Request(`https://hooks.example.com${target}`, {
    method: 'POST',
    headers: { ...headers, 'x-contentful-signature': signature },
    body: '{}',
  })
}

const BOTH = 'x-contentful-signed-headers,x-contentful-timestamp'

describe('what has to be signed', () => {
  test.each([
    { name: 'both of them', list: BOTH, status: 200 },
    {
      name: 'in any order',
      list: 'x-contentful-timestamp,x-contentful-signed-headers',
      status: 200,
    },
    { name: 'no timestamp', list: 'x-contentful-signed-headers', status: 401 },
    { name: 'no list', list: 'x-contentful-timestamp', status: 401 },
    { name: 'a header that is not there', list: `${BOTH},x-other`, status: 401 },
    { name: 'what can be no header', list: `${BOTH},x other`, status: 401 },
    { name: 'a header without a name', list: `${BOTH},`, status: 401 },
  ])('$name', async ({ list, status }) => {
    const answer = await receive(sender, request({ list, headers: {} }))
    expect([answer.status, answer.code]).toEqual(
      status === 200 ? [200, undefined] : [401, 'ERR_SIGNATURE_MALFORMED'],
    )
  })
})

test('what is not signed is not believed', async () => {
  const headers = { 'x-contentful-topic': topic, 'x-contentful-idempotency-key': 'k-1' }
  const { events } = await receive(sender, request({ list: BOTH, headers }))
  expect(events).toMatchObject([{ type: 'unknown', id: undefined }])
  const list = `x-contentful-idempotency-key,${BOTH},x-contentful-topic`
  const covered = await receive(sender, request({ list, headers }))
  expect(covered.events).toMatchObject([{ type: topic, id: 'k-1' }])
})

describe('the path', () => {
  const target = '/in/a%20b?c=d%20e'

  test.each([
    { name: 'encoded, the query twice', path: '/in/a%2520b?c%253Dd%252520e', status: 200 },
    { name: 'as it is', path: target, status: 200 },
    { name: 'without the query', path: '/in/a%20b', status: 401 },
    { name: 'another one', path: '/in', status: 401 },
  ])('$name: $status', async ({ path, status }) => {
    const answer = await receive(sender, request({ target, path, list: BOTH, headers: {} }))
    expect(answer.status).toBe(status)
  })

  test('is that of the public URL', async () => {
    const sent = await signed(sender, { url: 'https://public.example.com/hook?a=b', body: {} })
    const seen = new Request('http://10.0.0.1/inner?a=b', sent)
    const publicUrl = 'https://public.example.com/hook'
    expect((await receive(sender, seen.clone())).status).toBe(401)
    expect((await receive(sender, seen, { publicUrl })).status).toBe(200)
  })
})

test('a delivery of 31 s ago is too old', async () => {
  const message = { body: {}, headers: { 'x-contentful-topic': topic } }
  const at = (seconds: number) => ({ sentAt: (NOW - seconds) * 1000 })
  expect((await deliver(sender, message, at(30))).status).toBe(200)
  expect((await deliver(sender, message, at(31))).code).toBe('ERR_TIMESTAMP_OUTSIDE_TOLERANCE')
})

test('a header that is signed can not be changed', async () => {
  const request = await signed(sender, { body: {}, headers: { 'x-contentful-topic': topic } })
  const changed = withHeaders(request, { 'x-contentful-topic': 'ContentManagement.Entry.delete' })
  expect((await receive(sender, changed)).code).toBe('ERR_SIGNATURE_MISMATCH')
})
