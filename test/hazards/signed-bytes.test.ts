import {
  createWebhookHandler,
  first,
  header,
  member,
  type EventDescription,
  type Provider,
} from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { slack } from 'webhook-target/providers/slack'
import { stripe } from 'webhook-target/providers/stripe'
import { hmac } from 'webhook-target/schemes/hmac'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import * as fc from 'fast-check'
import { createHmac } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { bytesOf, exchange, fetchDoor, partsDoor, type Sent } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, hexHmac, SECRET } from '../support/senders.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const SECONDS = NOW / 1000

function open(provider: Provider | ReturnType<typeof github>, dedupe?: false) {
  const keys: string[] = []
  const handler = createWebhookHandler({
    provider: provider as Provider,
    on: { '*': ({ key }) => void keys.push(key) },
    telemetry: silent,
    clock: () => NOW,
    ...(dedupe === false && { dedupe }),
  })
  return {
    keys,
    handler,
    send: async (sent: Sent) => (await exchange(partsDoor, handler, sent)).status,
    fetch: async (sent: Sent) => (await exchange(fetchDoor, handler, sent)).status,
  }
}

const whKey = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
const standard = () => standardWebhooks({ secret: new Uint8Array(whKey) })
const whSign = (id: string, time: string, body: Sent['body']) =>
  createHmac('sha256', whKey)
    .update(Buffer.concat([Buffer.from(`${id}.${time}.`), bytesOf(body)]))
    .digest('base64')

function fromStandard(
  id: string,
  body: string,
  { time = String(SECONDS), signature }: { time?: string; signature?: string } = {},
): Sent {
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': signature ?? `v1,${whSign(id, time, body)}`,
    },
  }
}

function fromSlack(
  time: string,
  body = '{"type":"event_callback","event":{"type":"x"}}',
  headers = {},
): Sent {
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${hexHmac(`v0:${time}:${body}`)}`,
      ...headers,
    },
  }
}

const fromStripe = (time: string, body = '{"id":"evt_1","type":"x"}'): Sent => ({
  body,
  headers: {
    'content-type': 'application/json',
    'stripe-signature': `t=${time},v1=${hexHmac(`${time}.${body}`)}`,
  },
})

describe('the signature covers bytes', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const original = '{"b": 1, "a": "\\u00fc", "n": 1.0}'
  const rewritten: readonly [name: string, body: Uint8Array][] = [
    ['parsed and written again', utf8(JSON.stringify(JSON.parse(original)))],
    ['with its members in order', utf8('{"a": "\\u00fc", "b": 1, "n": 1.0}')],
    ['without escapes', utf8('{"b": 1, "a": "ü", "n": 1.0}')],
    ['with another number', utf8('{"b": 1, "a": "\\u00fc", "n": 1}')],
    ['with a line end', utf8(`${original}\n`)],
    ['with CRLF for a space', utf8(original.replace(' ', '\r\n'))],
    ['with a byte order mark', utf8(`\uFEFF${original}`)],
    ['with a space before', utf8(` ${original}`)],
    ['as UTF-16', new Uint8Array(Buffer.from(original, 'utf16le'))],
  ]
  test.each(rewritten)('H9 a body %s is another body', async (_, body) => {
    const { keys, send } = open(github({ secret: SECRET }))
    const headers = { 'x-hub-signature-256': `sha256=${hexHmac(original)}` }
    expect(await send(fromGitHub({ body, headers }))).toBe(401)
    expect(await send(fromGitHub({ body: original, headers }))).toBe(200)
    // And is taken when it is what was signed.
    if (!_.includes('UTF-16')) expect(await send(fromGitHub({ body }))).toBe(200)
    expect(keys.length).toBeGreaterThan(0)
  })

  test('H9 bytes that are not UTF-8 are not made to be', async () => {
    const { send } = open(acme({ event: {} }))
    const invalid = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)
    const asText = utf8(new TextDecoder().decode(invalid))
    const binary = { 'content-type': 'application/octet-stream' }
    expect(await send(fromAcme({ body: invalid, headers: binary }))).toBe(200)
    const signature = hexHmac(asText)
    expect(
      await send(
        fromAcme({ body: invalid, headers: { ...binary, 'x-acme-signature': signature } }),
      ),
    ).toBe(401)
  })

  test('H9 a form is not verified as the JSON it stands for', async () => {
    const { send } = open(github({ secret: SECRET }))
    const json = '{"a":1}'
    const body = `payload=${encodeURIComponent(json)}`
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(
      await send(
        fromGitHub({
          body,
          headers: { ...type, 'x-hub-signature-256': `sha256=${hexHmac(json)}` },
        }),
      ),
    ).toBe(401)
    expect(await send(fromGitHub({ body, headers: type }))).toBe(200)
  })

  test('H9 any change of a bit is refused, any way of cutting the stream accepted', async () => {
    const { send, fetch } = open(acme({ event: {} }), false)
    const body = fc.uint8Array({ minLength: 1, maxLength: 300 })
    const binary = { 'content-type': 'application/octet-stream' }
    await fc.assert(
      fc.asyncProperty(body, fc.nat(), fc.nat(7), async (bytes, at, bit) => {
        const changed = bytes.slice()
        changed[at % bytes.length]! ^= 1 << bit
        const headers = { ...binary, 'x-acme-signature': hexHmac(bytes) }
        expect(await send(fromAcme({ body: changed, headers }))).toBe(401)
        expect(await send(fromAcme({ body: bytes, headers }))).toBe(200)
      }),
    )
    await fc.assert(
      fc.asyncProperty(body, fc.array(fc.nat(300), { maxLength: 5 }), async (bytes, cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
        expect(
          await fetch(
            fromAcme({
              body: chunks.filter((chunk) => chunk.length > 0),
              headers: { ...binary, 'x-acme-signature': hexHmac(bytes) },
            }),
          ),
        ).toBe(200)
      }),
      { numRuns: 30 },
    )
  })
})

describe('one spelling of a signature', () => {
  const body = '{"a":1}'
  const hex = hexHmac(body)
  test.each([
    ['in capitals', hex.toUpperCase()],
    ['in mixed case', hex.replace(/[a-f]/, (letter) => letter.toUpperCase())],
    ['with junk behind', `${hex}zz`],
    ['with a space behind', `${hex} x`],
    ['with 0x', `0x${hex}`],
    ['in base64', Buffer.from(hex, 'hex').toString('base64')],
    ['with a letter outside ASCII', hex.replace(/\d/, '\u00b2')],
  ])('H10 hex %s is refused', async (_, value) => {
    const { send } = open(acme())
    expect(await send(fromAcme({ body, headers: { 'x-acme-signature': value } }))).toBe(401)
  })

  test.each(['base64', 'base64url'] as const)(
    'H10 %s in any other form is refused',
    async (encoding) => {
      const verify = hmac({ secret: SECRET, header: 'x-acme-signature', encoding })
      const { send } = open(acme({ verify, event: {} }), false)
      // A body whose digest has characters that the two alphabets write differently.
      const found = Array.from({ length: 200 }, (_, i) => `{"i":${i}}`).find((text) =>
        /[+].*[/]|[/].*[+]/.test(digestOf(text).toString('base64')),
      )!
      const digest = digestOf(found)
      const right = digest.toString(encoding)
      const other = digest.toString(encoding === 'base64' ? 'base64url' : 'base64')
      const forge = (value: string) =>
        send(fromAcme({ body: found, headers: { 'x-acme-signature': value } }))
      expect(await forge(right)).toBe(200)
      const bits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
      const bare = right.replace(/=$/, '')
      // The last character holds two bits that decoders throw away.
      const stray =
        bare.slice(0, -1) +
        bits[bits.indexOf(bare.at(-1)!) ^ 1] +
        (encoding === 'base64' ? '=' : '')
      for (const value of [
        other,
        stray,
        `${right}=`,
        `${right}==`,
        `${right.slice(0, 10)} ${right.slice(10)}`,
        `${right}A`,
        digest.toString('hex'),
      ]) {
        expect(await forge(value), value).toBe(401)
      }
      if (encoding === 'base64') expect(await forge(bare)).toBe(401)
    },
  )

  const digestOf = (text: string) => createHmac('sha256', SECRET).update(text).digest()

  test('H10 the key of a delivery has nothing of its signature', async () => {
    const { keys, send } = open(acme({ event: {} }), false)
    const sent = fromAcme({ body })
    await send(sent)
    expect(keys[0]).not.toContain(hex)
    expect(keys[0]).not.toContain(Buffer.from(hex, 'hex').toString('base64url'))
  })

  test('H11 what verifies as the same content has one key', async () => {
    const { keys, send } = open(standard())
    const body2 = '{"type":"a"}'
    const right = `v1,${whSign('msg_1', String(SECONDS), body2)}`
    const wrong = `v1,${'A'.repeat(43)}=`
    for (const signature of [
      right,
      `${wrong} ${right}`,
      `${right} ${wrong}`,
      `v2,x ${right}`,
      `${right} ${right}`,
    ]) {
      expect(await send(fromStandard('msg_1', body2, { signature }))).toBe(200)
    }
    // Sent again a minute later, signed anew: still the same event.
    expect(await send(fromStandard('msg_1', body2, { time: String(SECONDS + 60) }))).toBe(200)
    // And under Svix's names.
    const sent = fromStandard('msg_1', body2)
    const svix = Object.fromEntries(
      Object.entries(sent.headers!).map(([name, value]) => [
        name.replace('webhook-', 'svix-'),
        value,
      ]),
    )
    expect(await send({ ...sent, headers: svix })).toBe(200)
    expect(keys).toHaveLength(1)
  })

  test('H11 two readings of one list do not give two events', async () => {
    const { keys, send } = open(stripe({ secret: SECRET }))
    const body3 = '{"id":"evt_1","type":"x"}'
    const digest = hexHmac(`${SECONDS}.${body3}`)
    const stale = hexHmac(`${SECONDS - 9999}.${body3}`)
    const pay = (value: string) =>
      send({
        body: body3,
        headers: { 'content-type': 'application/json', 'stripe-signature': value },
      })
    expect(await pay(`t=${SECONDS},v1=${digest},v0=junk`)).toBe(200)
    expect(await pay(`v1=${digest},t=${SECONDS}`)).toBe(200)
    for (const value of [
      `t=${SECONDS - 9999},t=${SECONDS},v1=${stale}`,
      `t=${SECONDS},t=${SECONDS - 9999},v1=${stale}`,
      `t=${SECONDS},v1=${stale}`,
      `t=${SECONDS - 9999},v1=${stale}`,
    ]) {
      expect(await pay(value), value).toBe(401)
    }
    expect(keys).toHaveLength(1)
  })

  test('H12 a delimiter inside a signed field is refused', async () => {
    const { keys, send } = open(standard())
    // `msg.1` + `2.{}` signs what `msg` + `1` + `2.{}` would.
    expect(await send(fromStandard('msg.1', '{"a":1}'))).toBe(401)
    expect(await send(fromStandard(`msg.${SECONDS}`, '{"a":1}'))).toBe(401)
    expect(await send(fromStandard('msg_1', '{"a":1}', { time: `${SECONDS}.1` }))).toBe(401)
    expect(keys).toEqual([])
  })

  test('H12 of one signed text, at most one splitting verifies', async () => {
    const { send } = open(standard(), false)
    const part = fc.stringMatching(/^[a-z0-9.]{1,6}$/)
    await fc.assert(
      fc.asyncProperty(part, fc.constantFrom('', '.', '1.', '.1'), part, async (id, odd, rest) => {
        const text = `${id}${odd}.${SECONDS}.${SECONDS}.${rest}`
        const digest = createHmac('sha256', whKey).update(text).digest('base64')
        let accepted = 0
        for (let first = 0; first < text.length; first++) {
          const second = text.indexOf('.', first + 1)
          if (text[first] !== '.' || second < 0) continue
          const [head, time, body4] = [
            text.slice(0, first),
            text.slice(first + 1, second),
            text.slice(second + 1),
          ]
          const sent = fromStandard(head || 'x', body4, { time, signature: `v1,${digest}` })
          const status = await send({
            ...sent,
            headers: {
              ...sent.headers,
              'content-type': 'application/octet-stream',
              'webhook-id': head,
            },
          })
          if (status === 200) accepted++
        }
        expect(accepted).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('signed time', () => {
  const times: readonly [name: string, time: string, status: number][] = [
    ['now', String(SECONDS), 200],
    ['300 s ago', String(SECONDS - 300), 200],
    ['301 s ago', String(SECONDS - 301), 401],
    ['300 s ahead', String(SECONDS + 300), 200],
    ['301 s ahead', String(SECONDS + 301), 401],
    ['a year ahead', String(SECONDS + 31_536_000), 401],
    ['in milliseconds', String(NOW), 401],
    ['with junk behind', `${SECONDS}junk`, 401],
    ['with a space before', `  ${SECONDS}`, 401],
    ['with a sign', `+${SECONDS}`, 401],
    ['negative', `-${SECONDS}`, 401],
    ['as a fraction', `${SECONDS}.0`, 401],
    ['as an exponent', '1.7672e9', 401],
    ['in hex', `0x${SECONDS.toString(16)}`, 401],
    ['as words', 'abc', 401],
    ['NaN', 'NaN', 401],
    ['Infinity', 'Infinity', 401],
    ['zero', '0', 401],
    ['as a date', new Date(NOW).toISOString(), 401],
    ['with more digits', `${SECONDS}${'0'.repeat(300)}`, 401],
    ['empty', '', 401],
  ]
  test.each(times)('H13 a timestamp %s, signed as it stands', async (_, time, status) => {
    const statusOf = async (provider: Provider, sent: Sent) => open(provider).send(sent)
    expect(await statusOf(slack({ secret: SECRET }), fromSlack(time))).toBe(status)
    expect(await statusOf(stripe({ secret: SECRET }), fromStripe(time))).toBe(status)
    expect(await statusOf(standard(), fromStandard('msg_1', '{"type":"x"}', { time }))).toBe(status)
  })

  test('H13 a missing timestamp is a refusal', async () => {
    const { 'x-slack-request-timestamp': _, ...headers } = fromSlack(String(SECONDS)).headers!
    expect(await open(slack({ secret: SECRET })).send({ ...fromSlack(''), headers })).toBe(401)
    const digest = hexHmac('{}')
    const bare = { body: '{}', headers: { 'stripe-signature': `v1=${digest}` } }
    expect(await open(stripe({ secret: SECRET })).send(bare)).toBe(401)
  })

  test.each([0, -1, NaN])(
    'H13 a tolerance of %d is no tolerance: off must be spelled',
    (toleranceSeconds) => {
      expect(() => slack({ secret: SECRET, toleranceSeconds })).toThrow(TypeError)
    },
  )
})

describe('fields that come twice', () => {
  test('H14 joined by the host, they are malformed', async () => {
    const app = open(slack({ secret: SECRET }))
    const time = String(SECONDS)
    const sent = fromSlack(time)
    const signature = sent.headers!['x-slack-signature']!
    for (const headers of [
      { 'x-slack-request-timestamp': `${time}, ${time}` },
      { 'x-slack-request-timestamp': `${SECONDS - 9999}, ${time}` },
      { 'x-slack-signature': `${signature}, ${signature}` },
      { 'x-slack-signature': `v0=0, ${signature}` },
    ]) {
      expect(await app.send({ ...sent, headers: { ...sent.headers, ...headers } })).toBe(401)
      expect(await app.fetch({ ...sent, headers: { ...sent.headers, ...headers } })).toBe(401)
    }
    expect(app.keys).toEqual([])
  })

  // Joined, two types or ids would be a third one.
  const ofTheEvent = ['x-github-event', 'x-github-delivery']
  const always = ['content-type', 'content-length', 'host', 'content-encoding']
  test.each(['x-hub-signature-256', ...always, ...ofTheEvent])(
    'H14 where the host can tell, %s is refused before it is read',
    async (twice) => {
      const { handler, keys } = open(github({ secret: SECRET }))
      const { headers = {}, body } = fromGitHub()
      const fields = new Headers(headers)
      const readBody = vi.fn(() => bytesOf(body))
      const reply = await handler.receive({
        method: 'POST',
        origin: 'https://example.com',
        target: '/',
        headers: {
          get: (name: string) => fields.get(name),
          repeated: (name: string) => name === twice,
          [Symbol.iterator]: () => fields[Symbol.iterator](),
        },
        readBody,
      })
      expect(reply).toMatchObject({ status: 400, body: null })
      expect(readBody).not.toHaveBeenCalled()
      expect(keys).toEqual([])
    },
  )

  test.each<[name: string, event: EventDescription, fields: readonly string[]]>([
    ['a subtype', { subtype: header('X-Action') }, ['x-action']],
    ['the first of several', { type: first(header('x-a'), header('x-b')) }, ['x-a', 'x-b']],
    ['what stands behind a member', { id: first(member('id'), header('x-id')) }, ['x-id']],
    [
      'the first of the first',
      { id: first(first(member('id'), header('x-a')), header('x-b')) },
      ['x-a', 'x-b'],
    ],
  ])('H14 so is %s', async (_, event, fields) => {
    const app = open(acme({ event }))
    for (const twice of fields) {
      const { headers = {}, body } = fromAcme()
      const reply = await app.handler.receive({
        method: 'POST',
        origin: 'https://example.com',
        target: '/',
        headers: Object.assign(new Headers(headers), {
          repeated: (name: string) => name === twice,
        }),
        readBody: () => bytesOf(body),
      })
      expect(reply.status).toBe(400)
    }
    expect(app.keys).toEqual([])
  })
})
