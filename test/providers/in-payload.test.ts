/** Senders whose signature is in the payload, or of something in it: what of a request is proven, and what is not. */
import { createHmac } from 'node:crypto'
import type { Provider } from 'webhook-target'
import { adyen } from 'webhook-target/providers/adyen'
import { braintree } from 'webhook-target/providers/braintree'
import { gitea } from 'webhook-target/providers/gitea'
import { mailgun } from 'webhook-target/providers/mailgun'
import { describe, expect, test } from 'vitest'
import { NOW, receive, signed } from './deliver.ts'

const secret = 'a secret of any sender'
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const post = (body: string, headers: Record<string, string> = json) =>
  new Request('https://example.com/', { method: 'POST', headers, body })
const refused = (code: string) => ({ status: 401, text: '', events: [], code })

describe('adyen', () => {
  const key = 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00'
  const sender = adyen({ secret: key })
  const item = (pspReference: string, changes = {}) => ({
    NotificationRequestItem: {
      pspReference,
      merchantAccountCode: 'Merchant',
      merchantReference: 'order-1',
      amount: { currency: 'EUR', value: 1000 },
      eventCode: 'AUTHORISATION',
      success: 'true',
      ...changes,
    },
  })
  type Item = ReturnType<typeof item>
  const itemsOf = async (...notificationItems: readonly Item[]) => {
    const request = await signed(sender, { body: { live: 'false', notificationItems } })
    return ((await request.json()) as { notificationItems: Item[] }).notificationItems
  }
  const send = (notificationItems: unknown, provider: Provider = sender) =>
    receive(provider, post(JSON.stringify({ notificationItems })))

  test('each item of a batch is an event', async () => {
    const { events, status, text } = await send(await itemsOf(item('a'), item('b')))
    expect([status, text]).toEqual([200, '[accepted]'])
    expect(events.map(({ id }) => id)).toEqual(['a:AUTHORISATION:true', 'b:AUTHORISATION:true'])
  })

  test('one that is not genuine refuses all of them', async () => {
    const [a, b] = (await itemsOf(item('a'), item('b'))) as [Item, Item]
    const dearer = structuredClone(b)
    dearer.NotificationRequestItem.amount.value = 100_000
    expect(await send([a, dearer])).toMatchObject(refused('ERR_SIGNATURE_MISMATCH'))
    expect(await send([a, item('b')])).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
    expect(await send([a, {}])).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
    expect(await send([])).toMatchObject(refused('ERR_SIGNATURE_MISSING'))
    expect(await send({ 0: a })).toMatchObject(refused('ERR_SIGNATURE_MISSING'))
  })

  test('while keys are rotated, any of them may be that of an item', async () => {
    const other = key.toLowerCase().replace('dfb1', '0000')
    const [a] = (await itemsOf(item('a'))) as [Item]
    expect((await send([a], adyen({ secret: [other, key] }))).events).toHaveLength(1)
    expect(await send([a], adyen({ secret: other }))).toMatchObject(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
  })

  test('a field may not be cut elsewhere: the separator is not escaped', async () => {
    // The same signed text: the account and half of a reference in place of the original reference.
    const [a] = (await itemsOf(item('a', { merchantReference: 'x:order-1' }))) as [Item]
    const cut = structuredClone(a) as { NotificationRequestItem: Record<string, unknown> }
    Object.assign(cut.NotificationRequestItem, {
      originalReference: '',
      merchantAccountCode: 'Merchant:x',
      merchantReference: 'order-1',
    })
    expect((await send([a])).events).toHaveLength(1)
    expect(await send([cut])).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
  })

  test('fields of other types are refused', async () => {
    const [a] = (await itemsOf(item('a'))) as [Item]
    for (const pspReference of [['a'], { a: 1 }, true]) {
      const changed = {
        NotificationRequestItem: { ...a.NotificationRequestItem, pspReference },
      }
      expect(await send([changed])).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
    }
  })

  test('a key that is not hex throws', () => {
    expect(() => adyen({ secret: 'not hex' })).toThrow(
      expect.objectContaining({ code: 'ERR_SECRET_MALFORMED' }) as Error,
    )
  })
})

describe('braintree', () => {
  const publicKey = 'public_key'
  const sender = braintree({ secret, publicKey })
  const xml = '<notification><kind>check</kind></notification>'
  const ask = (challenge: string) =>
    receive(sender, new Request(`https://example.com/?${challenge}`))

  async function fieldsOf(body: string) {
    const request = await signed(sender, { body })
    return Object.fromEntries(new URLSearchParams(await request.text())) as Record<
      'bt_signature' | 'bt_payload',
      string
    >
  }
  const send = (fields: Record<string, string>) =>
    receive(sender, post(new URLSearchParams(fields).toString(), form))

  test('of the pairs of an account one is ours', async () => {
    const fields = await fieldsOf(xml)
    const others = `other|${'0'.repeat(40)}&${fields.bt_signature}&third|${'1'.repeat(40)}`
    const { events } = await send({ ...fields, bt_signature: others })
    expect(events).toMatchObject([{ type: 'check', data: xml }])
  })

  test('the line end of the payload may be lost', async () => {
    const fields = await fieldsOf(xml)
    expect(fields.bt_payload).toMatch(/\n$/)
    const { events } = await send({ ...fields, bt_payload: fields.bt_payload.trim() })
    expect(events).toHaveLength(1)
  })

  test.each([
    { name: 'no key of ours', fields: { bt_signature: `x|${'0'.repeat(40)}` } },
    { name: 'no signature', fields: { bt_signature: publicKey } },
    {
      name: 'a signature that goes on',
      fields: { bt_signature: `${publicKey}|${'0'.repeat(40)}|` },
    },
    { name: 'a payload with other characters', fields: { bt_payload: 'a b' } },
    { name: 'no payload', fields: { bt_payload: '' } },
  ])('$name is malformed', async ({ fields }) => {
    const answer = await send({ ...(await fieldsOf(xml)), ...fields })
    expect(answer).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
  })

  test('the check of the URL is answered, and the answer signs no notification', async () => {
    const challenge = '20f9f8ed05f77439fe955c977e4c8a53'
    const { status, text, headers } = await ask(`bt_challenge=${challenge}`)
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(text).toMatch(/^public_key\|[0-9a-f]{40}$/)
    for (const end of ['', '\n', ' ']) {
      const answer = await send({ bt_signature: text, bt_payload: challenge + end })
      expect(answer).toMatchObject(refused('ERR_SIGNATURE_MALFORMED'))
    }
  })

  test.each([
    'bt_challenge=',
    'bt_challenge=20F9F8ED05F77439FE955C977E4C8A53',
    'bt_challenge=20f9f8ed05f77439fe9',
    `bt_challenge=${'0'.repeat(33)}`,
    `bt_challenge=${'0'.repeat(20)}%0A`,
    `bt_challenge=${'0'.repeat(20)}&bt_challenge=${'1'.repeat(20)}`,
  ])('%s is not signed', async (query) => {
    expect(await ask(query)).toMatchObject({ status: 403, text: '' })
  })

  test.each(['', [], 'a|b', 'a&b'])('the public key %j throws', (key) => {
    expect(() => braintree({ secret, publicKey: key })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

describe('mailgun', () => {
  const sign = (timestamp: string, token: string) => ({
    timestamp,
    token,
    signature: createHmac('sha256', secret)
      .update(timestamp + token)
      .digest('hex'),
  })
  const token = '7VwW7k6Ak7zcTwoSoNm7aTtbk1g67MKA'
  const body = (signature: object, event: object = { event: 'opened', id: 'e' }) =>
    JSON.stringify({ signature, 'event-data': event })

  test('a token is the id, whatever comes with it', async () => {
    const signature = sign(`${NOW}`, token)
    const first = await receive(mailgun({ secret }), post(body(signature)))
    const second = await receive(mailgun({ secret }), post(body(signature, { event: 'failed' })))
    expect([first.events[0]!.id, second.events[0]!.key]).toEqual([token, first.events[0]!.key])
  })

  test.each([
    { age: 9 * 3600, taken: true },
    { age: 9 * 3600 + 1, taken: false },
    { age: -9 * 3600 - 1, taken: false },
  ])('$age s old: $taken', async ({ age, taken }) => {
    const { events } = await receive(mailgun({ secret }), post(body(sign(`${NOW - age}`, token))))
    expect(events).toHaveLength(taken ? 1 : 0)
  })

  test('time and token may not be cut elsewhere', async () => {
    const signature = { ...sign(`${NOW}`, `1${token}`), timestamp: `${NOW}1`, token }
    const anyAge = mailgun({ secret, toleranceSeconds: false })
    expect((await receive(anyAge, post(body(signature)))).events).toEqual([])
  })

  test('a form with files is taken', async () => {
    const files = new FormData()
    for (const [name, value] of Object.entries(sign(`${NOW}`, token))) files.set(name, value)
    files.set('attachment-1', new Blob(['content']), 'file.txt')
    const request = new Request('https://example.com/', { method: 'POST', body: files })
    const { events } = await receive(mailgun({ secret }), request)
    expect(events).toMatchObject([{ id: token, timestamp: NOW * 1000 }])
  })
})

describe('gitea', () => {
  const sender = gitea({ secret, identity: 'content' })
  const payload = '{"ref":"main"}'
  const headers = {
    'x-gitea-event': 'push',
    'x-gitea-signature': createHmac('sha256', secret).update(payload).digest('hex'),
  }
  const send = (body: string, type = form) => receive(sender, post(body, { ...headers, ...type }))
  const escaped = encodeURIComponent(payload)

  test('a form is the same event, however it is spelled', async () => {
    const answers = [
      await send(payload, json),
      await send(`payload=${escaped}`),
      await send(`payload=${payload}`),
      await send(`a=b&payload=${escaped}`),
    ]
    for (const { events } of answers) expect(events).toMatchObject([{ data: { ref: 'main' } }])
    expect(new Set(answers.map(({ events }) => events[0]!.key)).size).toBe(1)
  })

  test.each([
    { name: 'twice', body: `payload=${escaped}&payload=${escaped}` },
    { name: 'not at all', body: `Payload=${escaped}` },
    { name: 'in a JSON text', body: `{"payload":"{}","x":"&payload=${escaped}&"}` },
  ])('the field $name proves nothing', async ({ body }) => {
    expect(await send(body)).toMatchObject(refused('ERR_SIGNATURE_MISMATCH'))
  })

  test.each(['', 'sha256='])(
    'the empty signature (%j) of a webhook without secret',
    async (value) => {
      const answer = await receive(
        sender,
        post(payload, { ...json, 'x-gitea-signature': value, 'x-hub-signature-256': 'sha256=' }),
      )
      expect(answer).toMatchObject({ status: 401, events: [] })
    },
  )

  test.each(['forgejo', 'gogs'])('%s has names of its own', async (vendor) => {
    const own = {
      [`x-${vendor}-signature`]: headers['x-gitea-signature'],
      [`x-${vendor}-event`]: 'push',
      [`x-${vendor}-delivery`]: 'd-1',
    }
    const { events } = await receive(gitea({ secret }), post(payload, { ...json, ...own }))
    expect(events).toMatchObject([{ type: 'push', id: 'd-1' }])
  })
})
