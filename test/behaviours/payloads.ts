import { createWebhookHandler } from 'webhook-target'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'
import { defineProvider } from 'webhook-target'
import { exchange, type Door } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, acmeDefinition, fromAcme } from '../support/senders.ts'

export function payloads(door: Door): void {
  /** Sends one delivery and tells what the effect saw. */
  async function receive(body: string | Uint8Array, contentType: string | undefined) {
    const seen: unknown[] = []
    const handler = createWebhookHandler({
      provider: acme({ event: {} }),
      on: { webhook: (event) => void seen.push(event.data) },
      telemetry: silent,
    })
    const { headers, ...rest } = fromAcme({ body })
    const { 'content-type': _, ...others } = headers!
    const answer = await exchange(door, handler, {
      ...rest,
      headers: contentType === undefined ? others : { ...others, 'content-type': contentType },
    })
    return { status: answer.status, answer: answer.body, seen }
  }

  describe('payloads', () => {
    const FORM = 'application/x-www-form-urlencoded'
    const read: readonly [
      name: string,
      contentType: string | undefined,
      body: string,
      data: unknown,
    ][] = [
      ['JSON', 'application/json', '{"a":[1,null]}', { a: [1, null] }],
      ['JSON with a charset', 'application/json; charset=utf-8', '{"a":"ü"}', { a: 'ü' }],
      ['JSON in capitals', 'Application/JSON', '{"a":1}', { a: 1 }],
      ['a list', 'application/json', '[{"a":1}]', [{ a: 1 }]],
      ['+json', 'application/cloudevents+json', '{"a":1}', { a: 1 }],
      ['a byte order mark', 'application/json', '\uFEFF{"a":1}', { a: 1 }],
      ['JSON as text/plain', 'text/plain; charset=UTF-8', ' {"a":1}', { a: 1 }],
      ['JSON without a type', undefined, '{"a":1}', { a: 1 }],
      ['text', 'text/plain', 'hello', 'hello'],
      ['XML', 'application/xml', '<a/>', '<a/>'],
      ['a form', FORM, 'a=1&b=x+y%21', { a: '1', b: 'x y!' }],
      ['a form with a repeated field', FORM, 'a=1&a=2&a=3', { a: ['1', '2', '3'] }],
      ['a form without nesting', FORM, 'a[b]=1', { 'a[b]': '1' }],
    ]
    test.each(read)('%s', async (_, contentType, body, data) => {
      const { status, seen } = await receive(body, contentType)
      expect(status).toBe(200)
      expect(seen.map((value) => plain(value))).toEqual([data])
    })

    test('other types stay bytes', async () => {
      const { seen } = await receive(Uint8Array.of(0, 255), 'application/octet-stream')
      expect([...(seen[0] as Uint8Array)]).toEqual([0, 255])
    })

    test('multipart, with a file', async () => {
      const form = new FormData()
      form.set('from', 'someone@example.com')
      form.append('to', 'a')
      form.append('to', 'b')
      form.set('attachment', new File([Uint8Array.of(1, 2, 255)], 'a.bin', { type: 'image/png' }))
      const encoded = new Response(form)
      const contentType = encoded.headers.get('content-type')!
      const { status, seen } = await receive(
        new Uint8Array(await encoded.arrayBuffer()),
        contentType,
      )
      expect(status).toBe(200)
      const { attachment, ...fields } = seen[0] as { attachment: File }
      expect(fields).toEqual({ from: 'someone@example.com', to: ['a', 'b'] })
      expect(attachment).toMatchObject({ name: 'a.bin', type: 'image/png', size: 3 })
      expect([...new Uint8Array(await attachment.arrayBuffer())]).toEqual([1, 2, 255])
    })

    test.each([
      ['cut JSON', 'application/json', '{"a":'],
      ['trailing text', 'application/json', '{} {}'],
      ['an empty body', 'application/json', ''],
      ['a number', 'application/json', '12'],
      ['null', 'application/json', 'null'],
      ['a string', 'application/json', '"text"'],
      ['true', 'application/json', 'true'],
      ['cut JSON as text', 'text/plain', '{"a":'],
      ['multipart without a boundary', 'multipart/form-data', 'x'],
      [
        'multipart cut short',
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form',
      ],
    ])('400, once proven genuine: %s', async (_, contentType, body) => {
      expect(await receive(body, contentType)).toEqual({ status: 400, answer: '', seen: [] })
    })

    test.each(['application/json', 'text/plain', FORM])(
      '400: %s that is not UTF-8',
      async (type) => {
        const bytes = Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)
        expect(await receive(bytes, type)).toEqual({ status: 400, answer: '', seen: [] })
      },
    )
  })

  describe('schemas', () => {
    test.each([
      ['zod', z.object({ type: z.literal('made'), count: z.number() })],
      ['valibot', v.object({ type: v.literal('made'), count: v.number() })],
    ])('%s: 200 with what fits, 422 with what does not', async (_, schema) => {
      const made = vi.fn()
      const handler = createWebhookHandler({
        provider: defineProvider({ ...acmeDefinition, schemas: { made: schema } }),
        on: { made },
        telemetry: silent,
      })
      const send = (body: string) => exchange(door, handler, fromAcme({ body }))
      expect(await send('{"type":"made","count":1,"more":2}')).toMatchObject({ status: 200 })
      // What the schema made of it: unknown members are stripped.
      const [event] = made.mock.calls[0] as [{ data: unknown }]
      expect(event.data).toEqual({ type: 'made', count: 1 })
      expect(await send('{"type":"made","count":"1"}')).toMatchObject({ status: 422, body: '' })
      expect(await send('{"type":"made"}')).toMatchObject({ status: 422, body: '' })
      expect(made).toHaveBeenCalledTimes(1)
    })

    test('an asynchronous schema, and its transformation', async () => {
      const seen: Date[] = []
      const schema = z.object({
        type: z.string(),
        at: z.string().transform(async (text) => new Date(text)),
      })
      const handler = createWebhookHandler({
        provider: defineProvider({ ...acmeDefinition, schemas: { made: schema } }),
        on: {
          made(event) {
            expectTypeOf(event.data.at).toEqualTypeOf<Date>()
            seen.push(event.data.at)
          },
        },
        telemetry: silent,
      })
      const body = '{"type":"made","at":"2026-01-01T00:00:00Z"}'
      expect((await exchange(door, handler, fromAcme({ body }))).status).toBe(200)
      expect(seen).toEqual([new Date('2026-01-01T00:00:00Z')])
    })
  })
}

/** Fields of a form have no prototype, which `toEqual` looks at. */
function plain(value: unknown): unknown {
  return typeof value === 'string' ? value : (JSON.parse(JSON.stringify(value)) as unknown)
}
