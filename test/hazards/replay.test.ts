import { createWebhookHandler, mount } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { stripe } from 'webhook-target/providers/stripe'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exchange, fetchDoor, partsDoor } from '../support/doors.ts'
import { recorder, silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, hexHmac, SECRET } from '../support/senders.ts'

describe('replays', () => {
  test('H15 a delivery sent again is answered, and not worked on', async () => {
    const { telemetry, reports } = recorder()
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {},
      telemetry,
    })
    const sent = fromGitHub({ id: 'one' })
    for (let i = 0; i < 3; i++) {
      expect((await exchange(fetchDoor, handler, sent)).status).toBe(200)
    }
    expect(reports.map(({ outcome }) => outcome)).toEqual(['ignored', 'duplicate', 'duplicate'])
  })

  test('H15 an id that is not signed can be changed: go by the content instead', async () => {
    let worked = 0
    const on = { push: () => void worked++ }
    const byContent = createWebhookHandler({
      provider: github({ secret: SECRET, identity: 'content' }),
      on,
    })
    const captured = fromGitHub({ id: 'captured' })
    for (const id of ['captured', 'forged-1', 'forged-2']) {
      const headers = { ...captured.headers, 'x-github-delivery': id }
      expect((await exchange(fetchDoor, byContent, { ...captured, headers })).status).toBe(200)
    }
    expect(worked).toBe(1)
  })

  test('H15 what memory forgets, the signed time still refuses', async () => {
    let now = Date.UTC(2026, 0, 1)
    let worked = 0
    const handler = createWebhookHandler({
      provider: stripe({ secret: SECRET }),
      on: { '*': () => void worked++ },
      dedupe: false, // as after a restart
      clock: () => now,
      telemetry: silent,
    })
    const body = '{"id":"evt_1","type":"x"}'
    const time = now / 1000
    const sent = {
      body,
      headers: {
        'content-type': 'application/json',
        'stripe-signature': `t=${time},v1=${hexHmac(`${time}.${body}`)}`,
      },
    }
    const send = async () => (await exchange(fetchDoor, handler, sent)).status
    expect(await send()).toBe(200)
    now += 301_000
    expect(await send()).toBe(401)
    expect(worked).toBe(1)
  })
})

describe('scope of a key', () => {
  test('H16 one tenant can not suppress the events of another', async () => {
    const tenants: string[] = []
    const handler = mount({
      '/:tenant': createWebhookHandler({
        provider: acme(),
        on: { '*': (_event, { params }) => void tenants.push(params['tenant']!) },
      }),
    })
    for (const path of ['/evil', '/good', '/evil', '/good']) {
      expect((await exchange(fetchDoor, handler, fromAcme({ path, id: 'same' }))).status).toBe(200)
    }
    expect(tenants).toEqual(['evil', 'good'])
  })

  test('H16 no choice of names and ids makes two keys one', async () => {
    const text = fc.stringMatching(/^[a:%/.]{1,4}$/)
    const keyOf = async (tenant: string, zone: string, id: string) => {
      const keys: string[] = []
      const endpoint = createWebhookHandler({
        provider: acme(),
        on: { '*': ({ key }) => void keys.push(key) },
        dedupe: false,
      })
      const handler = mount({ '/:tenant/:zone': endpoint })
      const path = `/${encodeURIComponent(tenant)}/${encodeURIComponent(zone)}`
      const { status } = await exchange(partsDoor, handler, fromAcme({ path, id }))
      expect(status).toBe(200)
      return keys[0]
    }
    await fc.assert(
      fc.asyncProperty(fc.tuple(text, text, text), fc.tuple(text, text, text), async (a, b) => {
        const same = a.every((part, i) => part === b[i])
        expect((await keyOf(...a)) === (await keyOf(...b))).toBe(same)
      }),
      {
        numRuns: 300,
        examples: [
          [
            ['a/a', 'a', 'a'],
            ['a', 'a/a', 'a'],
          ],
          [
            ['a', 'a:a', 'a'],
            ['a', 'a', 'a:a'],
          ],
          [
            ['a', 'a%2Fa', 'a'],
            ['a', 'a/a', 'a'],
          ],
          [
            ['a', 'a%3A', 'a'],
            ['a', 'a:', 'a'],
          ],
        ],
      },
    )
  })

  test('H16 an id of any length takes little room, and stays its own', async () => {
    const keys: string[] = []
    const handler = createWebhookHandler({
      provider: acme(),
      on: { '*': ({ key }) => void keys.push(key) },
      dedupe: false,
    })
    const long = 'x'.repeat(100_000)
    for (const id of [long, `${long}y`, long]) await exchange(partsDoor, handler, fromAcme({ id }))
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key.length).toBeLessThan(300)
  })
})

describe('order of the stages', () => {
  test.each([
    ['unsigned', { 'x-hub-signature-256': '' }],
    ['signed wrongly', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['malformed', { 'x-hub-signature-256': 'sha256=x' }],
  ])('H17 an %s request with a real id has no effect on the real one', async (_, headers) => {
    const worked: unknown[] = []
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: { push: ({ data }) => void worked.push(data) },
      telemetry: silent,
    })
    const send = (sent: ReturnType<typeof fromGitHub>) => exchange(fetchDoor, handler, sent)
    const poison = fromGitHub({ id: 'real', body: '{"poison":true}', headers })
    expect((await send(poison)).status).toBe(401)
    expect((await send(fromGitHub({ id: 'real', body: '{"real":true}' }))).status).toBe(200)
    expect((await send(poison)).status).toBe(401)
    expect(worked).toEqual([{ real: true }])
  })

  test.each([
    ['does not parse', '{"a":', 400],
    ['is a scalar', '12', 400],
  ])('H17 nor has a genuine one whose body %s', async (_, body, status) => {
    let worked = 0
    const handler = createWebhookHandler({
      provider: github({ secret: SECRET }),
      on: {
        push(event) {
          void event.data
          worked++
        },
      },
      telemetry: silent,
    })
    const send = (text: string) =>
      exchange(fetchDoor, handler, fromGitHub({ id: 'same', body: text }))
    expect((await send(body)).status).toBe(status)
    expect((await send('{}')).status).toBe(200)
    expect(worked).toBe(1)
  })

  test('H18 50 duplicates at once are worked on once, however slow the secret is', async () => {
    let worked = 0
    const handler = createWebhookHandler({
      provider: github({
        secret: async () => {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
          return SECRET
        },
      }),
      on: {
        async push() {
          worked++
          await new Promise((resolve) => setTimeout(resolve, 20))
        },
      },
    })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => exchange(fetchDoor, handler, fromGitHub({ id: 'same' }))),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(worked).toBe(1)
  })

  test('H18 the same for keys that are hashes, and for work that fails at first', async () => {
    let worked = 0
    const handler = createWebhookHandler({
      provider: acme({ event: {} }),
      on: {
        async webhook() {
          if (++worked === 1) throw new Error('first')
        },
      },
      telemetry: silent,
    })
    const round = async () => {
      const body = '{"a":1}'
      const sent = Array.from({ length: 50 }, () =>
        exchange(fetchDoor, handler, fromAcme({ body })),
      )
      return new Set((await Promise.all(sent)).map(({ status }) => status))
    }
    expect(await round()).toEqual(new Set([503]))
    expect(worked).toBe(1)
    expect(await round()).toEqual(new Set([200]))
    expect(worked).toBe(2)
  })
})
