/** A sender, its handler, and what becomes of its deliveries in an inbox that is called by a queue. */
import { createWebhookHandler, defineProvider, member, type Effects } from 'webhook-target'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import type { EngineInbox, InboxRecord, KeyStore } from 'webhook-target/inbox'
import { expect, test, vi } from 'vitest'
import { silent } from '../support/reports.ts'
import { strangerPair } from '../providers/google-keys.ts'
import {
  deadUrl,
  identity,
  memoryKeys,
  sleep,
  startConsumer,
  TOKEN,
  until,
  type FakeQueue,
} from './google-fakes.ts'

const shop = defineProvider({
  name: 'shop',
  verify: sharedSecret({ header: 'x-secret', secret: 'a-secret' }),
  event: { id: member('id'), type: member('type') },
  // What can't be stored is said within a second or so.
  acknowledge: { deadlineSeconds: 2 },
})

/** Delivers to a new handler with this inbox; the status that the sender sees. */
export function createShop(inbox: EngineInbox, on: Effects<Record<string, unknown>>) {
  const handler = createWebhookHandler({ provider: shop, inbox, on, telemetry: silent })
  return async (event: object): Promise<number> => {
    const headers = { 'x-secret': 'a-secret', 'content-type': 'application/json' }
    const body = JSON.stringify(event)
    const request = new Request('https://shop.example.com/in', { method: 'POST', headers, body })
    return (await handler(request)).status
  }
}

export const anyRecord = (part: Partial<InboxRecord> = {}): InboxRecord => ({
  key: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  endpoint: 'shop',
  receivedAt: 1_700_000_000_123,
  head: '{}',
  body: new TextEncoder().encode('{"a":"ü"}'),
  ...part,
})

export interface PushedSubject {
  readonly fake: () => FakeQueue
  readonly create: (options: {
    readonly endpoint?: string
    readonly timeoutSeconds?: number
    readonly accessToken?: () => Promise<string>
    readonly attempts?: number
    readonly leaseSeconds?: number
    readonly keys?: KeyStore
  }) => EngineInbox
  /** What was given up, as an operator finds it. */
  readonly dead: () => readonly InboxRecord[]
  /** The body of a call, as the queue would make it of a record. */
  readonly call: (
    record: InboxRecord,
  ) => Promise<{ readonly body: BodyInit; readonly type: string }>
}

/** What holds for every queue that is reached over Google's REST APIs. */
export function testPushedInbox({ fake, create, call, dead }: PushedSubject): void {
  test.each([
    { name: 'too many requests', fault: { status: 429, body: {} } },
    { name: 'an outage', fault: { status: 503, body: 'Service Unavailable' } },
    { name: 'no right to', fault: { status: 403, body: { error: { message: 'denied' } } } },
    { name: 'a redirect', fault: { status: 302, body: {}, headers: { location: '/elsewhere' } } },
    { name: 'a success without a word', fault: { status: 200, body: {} } },
    { name: 'an empty id', fault: { status: 200, body: { messageIds: [''], name: '' } } },
    { name: 'a success of somebody else', fault: { status: 200, body: '<html>' } },
    { name: 'something aborted', fault: { status: 409, body: { error: { status: 'ABORTED' } } } },
  ])('rejects a put for $name', async ({ fault }) => {
    fake().faults.push(fault)
    await expect(create({}).engine.put(anyRecord())).rejects.toThrow(/answered \d+/)
  })

  test('rejects a put to a port where nobody listens', async () => {
    await expect(create({ endpoint: await deadUrl() }).engine.put(anyRecord())).rejects.toThrow()
  })

  test('rejects a put by its signal, and by its own time, if there is no answer', async () => {
    fake().faults.push('hang', 'hang')
    const controller = new AbortController()
    const { signal } = controller
    const putting = create({ timeoutSeconds: 600 }).engine.put(anyRecord(), { signal })
    await until(() => fake().calls.length > 0)
    controller.abort()
    await expect(putting).rejects.toThrow('No answer in time')
    const slow = create({ timeoutSeconds: 0.1 }).engine.put(anyRecord())
    await expect(slow).rejects.toThrow('No answer in time')
  })

  test('tries once more over a connection that was closed, and only once', async () => {
    fake().faults.push('cut')
    expect(await create({}).engine.put(anyRecord())).toBe('stored')
    fake().faults.push('cut', 'cut')
    await expect(create({}).engine.put(anyRecord())).rejects.toThrow()
  })

  test('asks for a new access token if one is refused', async () => {
    const tokens = ['an old one', TOKEN]
    const accessToken = async () => tokens.shift()!
    expect(await create({ accessToken }).engine.put(anyRecord())).toBe('stored')
    const refused = create({ accessToken: async () => 'an old one' }).engine.put(anyRecord())
    await expect(refused).rejects.toThrow('answered 401')
    const none = create({ accessToken: () => Promise.reject(new Error('none today')) })
    await expect(none.engine.put(anyRecord())).rejects.toThrow('none today')
  })

  test('answers the sender 503 for what is not stored, and 413 for what is too long', async () => {
    const inbox = create({})
    const deliver = createShop(inbox, { '*': () => undefined })
    fake().faults.push({ status: 429, body: {} }, 'hang')
    expect(await deliver({ id: '1' })).toBe(503)
    expect(await deliver({ id: '2' })).toBe(503)
    expect(await deliver({ id: '3' })).toBe(200)
    Object.assign(inbox.engine.capabilities, { maxBytes: 5 })
    expect(await deliver({ id: '4' })).toBe(413)
  })

  test('stores the longest body there may be, and gives it back', async () => {
    const inbox = create({})
    const seen: number[] = []
    const deliver = createShop(inbox, { '*': () => undefined })
    expect(await deliver({ id: '1' })).toBe(200)
    const { maxBytes } = inbox.engine.capabilities
    const head = JSON.stringify({ headers: { 'x-long': 'x'.repeat(12_000) } })
    const run = async (record: InboxRecord) => {
      seen.push(record.body.length)
      return { kind: 'ack' } as const
    }
    await inbox.engine.put(anyRecord({ body: new Uint8Array(maxBytes).fill(123), head }))
    const { createConsumer } = await import('../../src/inbox/consumer.ts')
    const consumer = createConsumer(inbox.engine, run, async () => undefined)
    const worker = await startConsumer(fake(), consumer)
    await until(() => fake().waiting() === 0)
    await worker.stop()
    expect(seen).toContain(maxBytes)
  })

  test('works within the call, and is called again for what fails', async () => {
    const inbox = create({})
    const attempts: number[] = []
    const deliver = createShop(inbox, {
      '*'(_event, { attempt, receivedAt }) {
        expect(receivedAt).toBeLessThanOrEqual(Date.now())
        attempts.push(attempt)
        if (attempt < 3) throw new Error('not yet')
      },
    })
    expect(await deliver({ id: '1', type: 'sale' })).toBe(200)
    expect(attempts).toEqual([])
    const worker = await startConsumer(fake(), inbox.consumer())
    await until(() => fake().waiting() === 0)
    await worker.stop()
    expect(attempts).toEqual([1, 2, 3])
    expect(fake().answers).toEqual([503, 503, 200])
  })

  test('counts no call that finds another at work, and a process that ended as one attempt', async () => {
    const { keys } = memoryKeys()
    const inbox = create({ keys, attempts: 3 })
    const put = vi.spyOn(inbox.engine, 'put')
    const attempts: number[] = []
    const deliver = createShop(inbox, { '*': (_event, { attempt }) => void attempts.push(attempt) })
    await deliver({ id: '1', type: 'sale' })
    await keys.claim(put.mock.calls[0]![0].key, { leaseMs: 400, keepMs: 60_000 })
    const worker = await startConsumer(fake(), inbox.consumer())
    await until(() => fake().waiting() === 0)
    await worker.stop()
    expect(fake().answers.length).toBeGreaterThan(4)
    expect(attempts).toEqual([2])
  })

  test.each([
    { name: 'with keys', keys: memoryKeys().keys },
    { name: 'without keys', keys: undefined },
  ])('works again on dead letters that are put back, $name', async ({ keys }) => {
    const inbox = create({ attempts: 1, ...(keys && { keys }) })
    const attempts: number[] = []
    let broken = true
    const deliver = createShop(inbox, {
      '*'(_event, { attempt }) {
        attempts.push(attempt)
        if (broken) throw new Error('broken')
      },
    })
    const sales = ['1', '2'].map((id) => ({ id, type: 'sale' }))
    for (const sale of sales) await deliver(sale)
    const worker = await startConsumer(fake(), inbox.consumer())
    await until(() => fake().waiting() === 0)
    expect(attempts).toEqual([1, 1])
    expect(dead()).toHaveLength(2)

    broken = false
    expect(await inbox.replay({ records: dead() })).toBe(2)
    await until(() => fake().waiting() === 0)
    expect(attempts).toEqual([1, 1, 1, 1])
    expect(dead()).toHaveLength(2)
    // What the sender delivers once more is a duplicate still.
    if (keys) for (const sale of sales) expect(await deliver(sale)).toBe(200)
    await until(() => fake().waiting() === 0)
    await worker.stop()
    expect(attempts).toHaveLength(4)
  })

  test('says what could not be put back', async () => {
    const inbox = create({ endpoint: await deadUrl() })
    await expect(inbox.replay({ records: [anyRecord()] })).rejects.toThrow()
    await expect(inbox.replay({ dead: true })).rejects.toThrow('"records"')
  })

  test('keeps its key while the work takes', async () => {
    const { keys } = memoryKeys()
    const inbox = create({ keys, leaseSeconds: 0.15 })
    const put = vi.spyOn(inbox.engine, 'put')
    const claims: unknown[] = []
    const deliver = createShop(inbox, {
      async '*'() {
        for (let i = 0; i < 6; i++) {
          await sleep(100)
          claims.push(await keys.claim(put.mock.calls[0]![0].key, { leaseMs: 1, keepMs: 1 }))
        }
      },
    })
    await deliver({ id: '1', type: 'sale' })
    const worker = await startConsumer(fake(), inbox.consumer())
    await until(() => fake().waiting() === 0)
    await worker.stop()
    expect(claims).toEqual(Array(6).fill('busy'))
    expect(fake().answers).toEqual([200])
  })

  test.each([
    { name: 'no token', token: () => undefined },
    { name: 'another audience', token: () => identity({ aud: 'https://other.example.com' }) },
    {
      name: 'another account',
      token: () => identity({ email: 'me@evil.iam.gserviceaccount.com' }),
    },
    { name: 'an e-mail nobody verified', token: () => identity({ email_verified: false }) },
    { name: 'a token that has expired', token: () => identity({ exp: 1_700_000_000 }) },
    { name: 'a token of another key', token: () => identity({}, strangerPair) },
  ])('runs nothing for a call with $name', async ({ token }) => {
    const inbox = create({})
    let runs = 0
    createShop(inbox, { '*': () => void runs++ })
    const consumer = inbox.consumer()
    const { body, type } = await call(anyRecord({ head: SALE }))
    const send = (authorization: string | undefined) =>
      consumer(
        new Request('https://hooks.example.com/in', {
          method: 'POST',
          headers: { 'content-type': type, ...(authorization && { authorization }) },
          body,
        }),
        { telemetry: silent },
      )
    expect((await send(token())).status).toBe(401)
    expect(runs).toBe(0)
    expect((await send(identity())).status).toBe(200)
    expect(runs).toBe(1)
  })

  test('runs nothing for what it did not store', async () => {
    const inbox = create({})
    createShop(inbox, { '*': () => expect.unreachable() })
    const { type } = await call(anyRecord())
    for (const body of ['{}', '{"message":{"data":"e30="}}', '{"message":{}}', 'abc', '']) {
      const headers = { 'content-type': type, authorization: identity() }
      const request = new Request('https://hooks.example.com/in', { method: 'POST', headers, body })
      const { status } = await inbox.consumer()(request, { telemetry: silent })
      expect(status).toBe(400)
    }
  })
}

/** What the inbox keeps of an event of the shop. */
const SALE = JSON.stringify({ key: 'k', type: 'sale', id: '1', secret: 0, headers: {} })
