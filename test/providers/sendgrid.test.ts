import { sendgrid } from 'webhook-target/providers/sendgrid'
import { sign } from 'webhook-target/testing'
import { expect, test } from 'vitest'
import { NOW, receive } from './deliver.ts'
import { p256Pair } from './keys.ts'

const { publicKey, privateKey } = p256Pair()
const headers = { 'content-type': 'application/json' }
const body = '[{"event":"open","sg_event_id":"e-1"},\r\n{"event":"click","sg_event_id":"e-2"}]\r\n'

test('a batch brings its events, each with its own id, and its line ends are signed', async () => {
  const provider = sendgrid({ publicKey })
  const request = await sign(provider, { headers, body }, { now: NOW * 1000, privateKey })
  const signed = Object.fromEntries(request.headers)
  expect(await receive(provider, request)).toMatchObject({
    status: 200,
    events: [
      { type: 'open', id: 'e-1' },
      { type: 'click', id: 'e-2' },
    ],
  })
  for (const changed of [
    body.trimEnd(),
    body.replaceAll('\r\n', '\n'),
    body.replace(',\r\n', ','),
  ]) {
    const init = { method: 'POST', headers: signed, body: changed }
    expect(await receive(provider, new Request(request.url, init))).toMatchObject({
      code: 'ERR_SIGNATURE_MISMATCH',
      events: [],
    })
  }
})

test('a key without PEM armour is as good', async () => {
  const bare = publicKey.replace(/-----[^-]+-----|\s/g, '')
  const provider = sendgrid({ publicKey: bare })
  const request = await sign(provider, { headers, body }, { now: NOW * 1000, privateKey })
  expect(await receive(provider, request)).toMatchObject({ status: 200 })
})

test.each([
  { name: 'by default a day', toleranceSeconds: undefined, age: 86_400, status: 200 },
  { name: 'by default not more', toleranceSeconds: undefined, age: 86_401, status: 401 },
  { name: 'as configured', toleranceSeconds: 300, age: 301, status: 401 },
  { name: 'any', toleranceSeconds: false as const, age: 1e7, status: 200 },
])('the time may be old: $name', async ({ toleranceSeconds, age, status }) => {
  const provider = sendgrid({
    publicKey,
    ...(toleranceSeconds !== undefined && { toleranceSeconds }),
  })
  const request = await sign(provider, { headers, body }, { now: (NOW - age) * 1000, privateKey })
  expect(await receive(provider, request)).toMatchObject({ status })
})
