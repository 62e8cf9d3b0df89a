/** Senders with several signatures, several keys or several algorithms. */
import { createHmac } from 'node:crypto'
import { box } from 'webhook-target/providers/box'
import { docusign } from 'webhook-target/providers/docusign'
import { jira } from 'webhook-target/providers/jira'
import { websub, type SubscriptionRequest } from 'webhook-target/providers/websub'
import { describe, expect, test } from 'vitest'
import { deliver, NOW, receive, signed, withHeaders } from './deliver.ts'

const secret = 'a secret of any sender'
const mac = (key: string, text: string, encoding: 'hex' | 'base64', algorithm = 'sha256') =>
  createHmac(algorithm, key).update(text).digest(encoding)
const post = (body: string, headers: Record<string, string>) =>
  new Request('https://example.com/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })

describe('box', () => {
  const both = box({ primaryKey: 'primary', secondaryKey: 'secondary' })
  const message = { body: { trigger: 'FILE.UPLOADED' } }

  test('signs with both keys, of which one is enough', async () => {
    const request = await signed(both, message)
    const none = { 'box-signature-primary': undefined }
    expect((await receive(both, request.clone())).events).toHaveLength(1)
    expect((await receive(both, withHeaders(request, none))).events).toHaveLength(1)
    const other = box({ primaryKey: 'new', secondaryKey: 'secondary' })
    expect((await receive(other, request)).events).toHaveLength(1)
  })

  test('does not take a key in the place of the other', async () => {
    const crossed = box({ primaryKey: 'secondary', secondaryKey: 'primary' })
    expect(await receive(crossed, await signed(both, message))).toMatchObject({
      status: 401,
      code: 'ERR_SIGNATURE_MISMATCH',
    })
  })

  test.each([
    ['box-signature-version', '2'],
    ['box-signature-version', undefined],
    ['box-signature-algorithm', 'HmacSHA1'],
    ['box-signature-algorithm', undefined],
  ])('%s: %s is refused', async (name, value) => {
    const request = withHeaders(await signed(both, message), { [name]: value })
    expect(await receive(both, request)).toMatchObject({ status: 401, events: [] })
  })

  test.each([
    { seconds: 600, taken: true },
    { seconds: 601, taken: false },
    { seconds: -601, taken: false },
  ])('$seconds s old: $taken', async ({ seconds, taken }) => {
    const { events } = await deliver(both, message, { sentAt: (NOW - seconds) * 1000 })
    expect(events).toHaveLength(taken ? 1 : 0)
  })

  test('without a key throws', () => {
    expect(() => box({})).toThrow(expect.objectContaining({ code: 'ERR_SECRET_EMPTY' }) as Error)
  })
})

describe('docusign', () => {
  const sender = docusign({ secret: ['new', 'old'] })
  const body = '{"event":"envelope-completed"}'
  const header = (place: number, key: string) => ({
    [`x-docusign-signature-${place}`]: mac(key, body, 'base64'),
  })

  test.each([
    { name: 'the first', headers: header(1, 'new'), taken: true },
    { name: 'the tenth', headers: header(10, 'old'), taken: true },
    {
      name: 'after one of another',
      headers: { ...header(1, 'x'), ...header(2, 'new') },
      taken: true,
    },
    { name: 'past the last', headers: header(11, 'new'), taken: false },
    { name: 'none', headers: { ...header(1, 'x'), ...header(2, 'y') }, taken: false },
  ])('$name: $taken', async ({ headers, taken }) => {
    const { events } = await receive(sender, post(body, headers))
    expect(events).toHaveLength(taken ? 1 : 0)
  })

  test('an account may have more keys', async () => {
    const more = docusign({ secret: 'new', activeKeys: 11 })
    expect((await receive(more, post(body, header(11, 'new')))).events).toHaveLength(1)
  })

  test.each([0, 101, 1.5, NaN])('%d active keys throw', (activeKeys) => {
    expect(() => docusign({ secret, activeKeys })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

describe('jira', () => {
  const body = '{"webhookEvent":"jira:issue_created"}'
  test.each([
    { algorithm: 'sha256', taken: true },
    { algorithm: 'sha512', taken: true },
    { algorithm: 'sha1', taken: false },
    { algorithm: 'md5', taken: false },
  ])('$algorithm: $taken', async ({ algorithm, taken }) => {
    const signature = `${algorithm}=${mac(secret, body, 'hex', algorithm)}`
    const { events } = await receive(jira({ secret }), post(body, { 'x-hub-signature': signature }))
    expect(events).toHaveLength(taken ? 1 : 0)
  })
})

describe('websub', () => {
  const topic = 'https://example.com/feed?channel=1'
  const other = 'https://example.com/other'
  const sender = websub({ secret, pending: [{ mode: 'subscribe', topic }] })
  const ask = (fields: Record<string, string>, provider = sender) => {
    const query = new URLSearchParams(
      Object.entries(fields).map(([name, value]) => [`hub.${name}`, value]),
    )
    return receive(provider, new Request(`https://example.com/in?${query}`))
  }
  const question = { mode: 'subscribe', topic, challenge: '7823649234' }

  test.each([
    { name: 'what is pending', fields: question, status: 200, text: question.challenge },
    { name: 'another topic', fields: { ...question, topic: other }, status: 404, text: '' },
    { name: 'its end', fields: { ...question, mode: 'unsubscribe' }, status: 404, text: '' },
    { name: 'another mode', fields: { ...question, mode: 'constructor' }, status: 404, text: '' },
    { name: 'no mode', fields: { topic, challenge: 'x' }, status: 400, text: '' },
    { name: 'no challenge', fields: { mode: 'subscribe', topic }, status: 403, text: '' },
    {
      name: 'a challenge that a browser would run',
      fields: { ...question, challenge: '<script>' },
      status: 403,
      text: '',
    },
    { name: 'a denial', fields: { mode: 'denied', topic, reason: '<b>' }, status: 200, text: '' },
  ])('$name: $status', async ({ fields, status, text }) => {
    const answer = await ask(fields)
    expect(answer).toMatchObject({ status, text, events: [] })
    if (text) expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
  })

  test('a function is asked for each, with the lease', async () => {
    const asked: SubscriptionRequest[] = []
    const pending = (request: SubscriptionRequest) => {
      asked.push(request)
      return request.mode === 'unsubscribe'
    }
    const provider = websub({ secret, pending })
    expect((await ask({ ...question, lease_seconds: '432000' }, provider)).status).toBe(404)
    expect((await ask({ ...question, mode: 'unsubscribe' }, provider)).status).toBe(200)
    expect(asked).toEqual([
      { mode: 'subscribe', topic, leaseSeconds: 432_000 },
      { mode: 'unsubscribe', topic, leaseSeconds: undefined },
    ])
  })

  test('no other mode is asked for', async () => {
    const provider = websub({ secret, pending: () => true })
    expect((await ask({ ...question, mode: 'publish' }, provider)).status).toBe(404)
    expect((await ask(question, provider)).status).toBe(200)
  })

  test('one that fails is a reason to ask again', async () => {
    const provider = websub({ secret, pending: () => Promise.reject(new Error('down')) })
    expect(await ask(question, provider)).toMatchObject({
      status: 503,
      code: 'ERR_SECRET_UNAVAILABLE',
    })
  })

  test.each(['sha1', 'sha256', 'sha384', 'sha512'])('%s is taken', async (algorithm) => {
    const feed = '<feed></feed>'
    const headers = {
      'content-type': 'application/atom+xml',
      'x-hub-signature': `${algorithm}=${mac(secret, feed, 'hex', algorithm)}`,
    }
    const { events } = await receive(sender, post(feed, headers))
    expect(events).toMatchObject([{ data: feed }])
  })
})
