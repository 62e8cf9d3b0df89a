import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { ERRORS, type SecretSource } from 'webhook-target'
import { anyOf } from 'webhook-target/schemes/any-of'
import { payloadSignature, type SignedPart } from 'webhook-target/schemes/payload-signature'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { describe, expect, test, vi } from 'vitest'
import { anyText } from '../support/any-text.ts'
import { accepted, attempt, NOW, refused } from './attempt.ts'

interface Item {
  readonly text: string
  readonly at?: string
  readonly signature?: string
}

function partOf(item: unknown): SignedPart {
  const { text, at, signature } = Object.fromEntries(
    Object.entries(item ?? {}).filter(([, value]) => typeof value === 'string'),
  ) as Partial<Item>
  return {
    signatures: signature === undefined ? [] : [signature],
    readings: [[at ?? '', text ?? '']],
    ...(at !== undefined && { timestamp: at }),
  }
}

/** A sender that signs each item of a list, and nothing between them. */
const itemized = (
  secret: SecretSource,
  options: Partial<Parameters<typeof payloadSignature>[0]> = {},
) =>
  payloadSignature({
    secret,
    parts: ({ payload }) => (Array.isArray(payload) ? payload.map(partOf) : []),
    async write(message, sign) {
      const items = JSON.parse(new TextDecoder().decode(message.body)) as Item[]
      const signed: Item[] = []
      for (const item of items)
        signed.push({ ...item, signature: await sign([item.at ?? '', item.text]) })
      return { ...message, body: new TextEncoder().encode(JSON.stringify(signed)) }
    },
    ...options,
  })

const hex = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')
const item = (text: string, key = 'one'): Item => ({ text, signature: hex(key, text) })
const bodyOf = (...items: readonly unknown[]) => JSON.stringify(items)
const [a, b, c] = [item('a'), item('b'), item('c', 'two')]

describe('each part has to be genuine', () => {
  const scheme = itemized(['one', 'two'])

  test.each([
    { name: 'one', body: bodyOf(a), expected: accepted() },
    { name: 'several', body: bodyOf(a, b), expected: accepted() },
    { name: 'with the second key', body: bodyOf(c), expected: accepted(1) },
    { name: 'with any of the keys each', body: bodyOf(a, c, b), expected: accepted(1) },
    {
      name: 'one of another content',
      body: bodyOf(a, { ...b, text: 'x' }),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'the first of another content',
      body: bodyOf({ ...a, text: 'x' }, b),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'one with the signature of another',
      body: bodyOf(a, { ...b, signature: a.signature }),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'one of an unknown key',
      body: bodyOf(a, item('d', 'three')),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'one without a signature',
      body: bodyOf(a, { text: 'b' }),
      expected: refused('ERR_SIGNATURE_MALFORMED'),
    },
    {
      name: 'in upper case',
      body: bodyOf({ ...a, signature: a.signature!.toUpperCase() }),
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'cut off',
      body: bodyOf({ ...a, signature: a.signature!.slice(1) }),
      expected: refused('ERR_SIGNATURE_MALFORMED'),
    },
    {
      name: 'in a list',
      body: bodyOf({ ...a, signature: [a.signature] }),
      expected: refused('ERR_SIGNATURE_MALFORMED'),
    },
    { name: 'none', body: bodyOf(), expected: refused('ERR_SIGNATURE_MISSING') },
    { name: 'no list', body: '{}', expected: refused('ERR_SIGNATURE_MISSING') },
    {
      name: 'no JSON',
      body: '[',
      expected: { status: 400, code: 'ERR_BODY_MALFORMED' },
    },
  ])('$name', async ({ body, expected }) => {
    const headers = { 'content-type': 'application/json' }
    expect(await attempt(scheme, { body, headers })).toEqual(expected)
  })
})

test('a form with files is parsed for it', async () => {
  const scheme = payloadSignature({
    secret: 'one',
    parts: ({ payload }) => {
      const { text, signature } = payload as Record<string, string>
      return [{ signatures: [signature!], readings: [[text!]] }]
    },
    write: (message) => message,
  })
  const form = new FormData()
  form.set('text', 'a')
  form.set('signature', a.signature!)
  form.set('file', new Blob(['content']), 'file.txt')
  const request = new Request('https://example.com', { method: 'POST', body: form })
  const headers = { 'content-type': request.headers.get('content-type')! }
  const body = new Uint8Array(await request.arrayBuffer())
  expect(await attempt(scheme, { body, headers })).toEqual(accepted())
})

test('a form of more parts than anybody sends is not parsed', async () => {
  const parsed = vi.fn()
  const scheme = payloadSignature({
    secret: 'one',
    parts: ({ payload }) => {
      parsed(Object.keys(payload as object).length)
      return []
    },
    write: (message) => message,
  })
  const part = (i: number) => `--X\r\ncontent-DISPOSITION: form-data; name="${i}"\r\n\r\n\r\n`
  const send = (count: number) =>
    attempt(scheme, {
      body: `${Array.from({ length: count }, (_, i) => part(i)).join('')}--X--\r\n`,
      headers: { 'content-type': 'multipart/form-data; boundary=X' },
    })
  expect(await send(500)).toEqual(refused('ERR_SIGNATURE_MISSING'))
  expect(await send(501)).toEqual({ status: 400, code: 'ERR_BODY_MALFORMED' })
  expect(parsed.mock.calls).toEqual([[500]])
})

describe('a signed time', () => {
  const scheme = itemized('one', { timestamp: { unit: 's', toleranceSeconds: 60 } })
  const sentAt = (at: string) => bodyOf({ text: 'a', at, signature: hex('one', `${at}a`) })

  test.each([
    { name: 'now', body: sentAt(`${NOW}`), expected: accepted() },
    { name: 'as old as allowed', body: sentAt(`${NOW - 60}`), expected: accepted() },
    {
      name: 'too old',
      body: sentAt(`${NOW - 61}`),
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
    {
      name: 'in the future',
      body: sentAt(`${NOW + 61}`),
      expected: refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE'),
    },
    { name: 'absent', body: bodyOf(a), expected: refused('ERR_TIMESTAMP_MISSING') },
    { name: 'malformed', body: sentAt('now'), expected: refused('ERR_TIMESTAMP_MALFORMED') },
  ])('$name', async ({ body, expected }) => {
    expect(await attempt(scheme, { body })).toEqual(expected)
  })
})

test('the key may be made of the secret', async () => {
  const deriveKey = (secret: Uint8Array) => secret.toReversed()
  const scheme = itemized('eno', { deriveKey })
  expect(await attempt(scheme, { body: bodyOf(a) })).toEqual(accepted())
  expect(await attempt(itemized('one', { deriveKey }), { body: bodyOf(a) })).toEqual(
    refused('ERR_SIGNATURE_MISMATCH'),
  )
})

test('a secret store that fails is a reason to try again', async () => {
  const scheme = itemized(() => Promise.reject(new Error('down')))
  expect(await attempt(scheme, { body: bodyOf(a) })).toEqual({
    status: 503,
    code: 'ERR_SECRET_UNAVAILABLE',
  })
})

test('other evidence in the body may be looked for after it', async () => {
  const scheme = anyOf(itemized('one'), sharedSecret({ member: 'token', secret: 'token' }))
  const taken = [bodyOf(a), '{"token":"token"}']
  for (const body of taken) expect(await attempt(scheme, { body })).toEqual(accepted())
  const body = bodyOf({ ...a, text: 'x' })
  expect(await attempt(scheme, { body })).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
})

describe('whatever the items', () => {
  const scheme = itemized('one')
  const texts = fc.array(anyText(), { minLength: 1, maxLength: 5 })
  const sign = (items: readonly string[]) =>
    scheme.sign!(
      {
        method: 'POST',
        url: 'https://example.com/',
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(bodyOf(...items.map((text) => ({ text })))),
      },
      { now: NOW * 1000 },
    )

  test('what is signed is verified, and another content is not', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), fc.string({ minLength: 1 }), async (items, at, more) => {
        const message = await sign(items)
        expect(await attempt(scheme, message)).toEqual(accepted())
        const parsed = JSON.parse(new TextDecoder().decode(message.body)) as Item[]
        const place = at % parsed.length
        const changed = parsed.with(place, { ...parsed[place]!, text: parsed[place]!.text + more })
        const body = bodyOf(...changed)
        expect(await attempt(scheme, { ...message, body })).toEqual(
          refused('ERR_SIGNATURE_MISMATCH'),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('nothing is thrown but our own errors', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.array(fc.record({ text: fc.anything(), signature: fc.anything() })).map((items) => {
        const plain = JSON.stringify(items, (_, value: unknown) =>
          typeof value === 'bigint' ? 0 : value,
        )
        return new TextEncoder().encode(plain)
      }),
    )
    await fc.assert(
      fc.asyncProperty(anything, async (body) => {
        const { status, code } = await attempt(scheme, { body })
        expect(Object.keys(ERRORS)).toContain(code)
        expect([400, 401]).toContain(status)
      }),
      { numRuns: 100 },
    )
  })
})
