import { createWebhookHandler, defineProvider } from 'webhook-target'
import { pubsub, recordOf, type PubSubOptions } from 'webhook-target/engines/pubsub'
import { googlePubsubPush } from 'webhook-target/providers/google-pubsub-push'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { google } from '../providers/google-keys.ts'
import { testConformance } from './conformance.ts'
import { DEAD_TOPIC, startPubSub, TOPIC, type FakePubSub } from './fake-pubsub.ts'
import { memoryKeys, startConsumer, startWork, TOKEN, until } from './google-fakes.ts'
import { findEmulator, startEmulator } from './pubsub-emulator.ts'
import { anyRecord, createShop, testPushedInbox } from './pushed-inbox.ts'

let fake: FakePubSub
const opened: FakePubSub[] = []
const start = async () => {
  opened.push((fake = await startPubSub()))
  return fake
}
afterAll(() => Promise.all(opened.map((one) => one.close())))

const push = googlePubsubPush({ ...google, deadlineSeconds: 60 })
const create = (options: Partial<PubSubOptions> = {}) =>
  pubsub({
    topic: TOPIC,
    deadTopic: DEAD_TOPIC,
    keys: false,
    push,
    endpoint: fake.url,
    accessToken: async () => TOKEN,
    ...options,
  })

await testConformance('pubsub on a stand-in', {
  create: async () => (await start(), create({ ordered: true }).engine),
  again: async () => create({ ordered: true }).engine,
  work: (engine, run) => startWork(fake, engine, run),
})

const jar = findEmulator()
if (jar === undefined) {
  describe('pubsub on the emulator', () => {
    test.skip('There is no emulator: PUBSUB_EMULATOR_JAR names its jar')
  })
} else {
  const emulator = await startEmulator(jar)
  afterAll(() => emulator.stop())
  const engine = () =>
    create({
      ...emulator.topics(),
      endpoint: emulator.url,
      accessToken: undefined as never,
      ordered: true,
      push: emulator.provider,
    }).engine
  await testConformance('pubsub on the emulator', {
    async create() {
      await emulator.renew()
      return engine()
    },
    again: async () => engine(),
    work: (subject, run) => startWork(emulator, subject, emulator.counting(run)),
  })
  describe('pubsub on the emulator', () => {
    test('takes the longest body there may be', async () => {
      await emulator.renew()
      const subject = engine()
      const body = new Uint8Array(subject.capabilities.maxBytes).fill(123)
      const head = JSON.stringify({ headers: { 'x-long': 'x'.repeat(12_000) } })
      expect(await subject.put(anyRecord({ body, head }))).toBe('stored')
    })

    test('takes dead letters, and tells of a topic that is not there', async () => {
      await emulator.renew()
      await engine().bury!(anyRecord(), 'unfit')
      const topic = 'projects/test-project/topics/none'
      const lost = create({ topic, endpoint: emulator.url, accessToken: undefined as never })
      await expect(lost.engine.put(anyRecord())).rejects.toThrow('Pub/Sub answered 404: ')
    })
  })
}

describe('pubsub', () => {
  beforeEach(() => start().then(() => undefined))
  afterEach(() => fake.callTo(undefined))

  testPushedInbox({
    fake: () => fake,
    create,
    dead: () => fake.topics[DEAD_TOPIC]!.map(({ data }) => recordOf({ data: data! })),
    async call(record) {
      await create().engine.put(record)
      const message = { ...fake.topics[TOPIC]!.at(-1), messageId: '7' }
      return { body: JSON.stringify({ message }), type: 'application/json' }
    },
  })

  test('publishes in the form of the reference', async () => {
    const record = anyRecord({ order: 'a' })
    await create({ ordered: true }).engine.put(record)
    const [call] = fake.calls
    expect(call?.path).toBe(`/v1/${TOPIC}:publish`)
    expect(call?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
    })
    const { key, endpoint } = record
    const attributes = { key, endpoint, receivedAt: '1700000000123' }
    expect(call?.body).toEqual({
      messages: [{ data: expect.any(String) as string, attributes, orderingKey: 'a' }],
    })
  })

  test('takes names and orders of any length', async () => {
    const long = '\u{20AC}'.repeat(2000)
    const record = anyRecord({ order: long, endpoint: long })
    expect(await create({ ordered: true }).engine.put(record)).toBe('stored')
    await create().engine.bury!(record, long)
    expect(fake.topics[DEAD_TOPIC]).toHaveLength(1)
  })

  test('sends no token of the metadata server without TLS', async () => {
    const fetch = async (url: string, init: { readonly headers: object }) => {
      expect(url).toBe(`http://emulator:8085/v1/${TOPIC}:publish`)
      expect(init.headers).not.toHaveProperty('authorization')
      return Response.json({ messageIds: ['1'] })
    }
    const options = { endpoint: 'http://emulator:8085', accessToken: undefined as never, fetch }
    expect(await create(options).engine.put(anyRecord())).toBe('stored')
  })

  test('is told duplicates by its keys, which the worker asks and the receiver does not', async () => {
    const { keys, asked } = memoryKeys()
    const inbox = create({ keys })
    let runs = 0
    const deliver = createShop(inbox, { '*': () => void runs++ })
    for (let i = 0; i < 3; i++) expect(await deliver({ id: 'one', type: 'sale' })).toBe(200)
    expect(fake.topics[TOPIC]).toHaveLength(3)
    expect(asked).toEqual([])
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    expect(runs).toBe(1)
    expect(asked.filter((what) => what === 'done')).toHaveLength(1)
  })

  test('publishes what is out of attempts in the dead-letter topic, then acknowledges it', async () => {
    const inbox = create({ attempts: 2 })
    let runs = 0
    const deliver = createShop(inbox, {
      '*'() {
        runs++
        throw new Error('never')
      },
    })
    await deliver({ id: '1', type: 'sale' })
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    expect(runs).toBe(2)
    expect(fake.answers).toEqual([503, 200])
    const [dead] = fake.topics[DEAD_TOPIC]!
    expect(dead?.data).toBe(fake.topics[TOPIC]![0]?.data)
    expect(dead?.attributes).toMatchObject({
      endpoint: 'shop',
      reason: expect.stringContaining('Attempt 2, the last') as string,
      at: expect.stringMatching(/^\d{13}$/) as string,
    })
  })

  test('gives back the record of a message, be it in base64 or in bytes', async () => {
    const record = anyRecord()
    await create().engine.put(record)
    const { data } = fake.topics[TOPIC]![0]!
    expect(recordOf({ data: data! })).toEqual(record)
    expect(recordOf({ data: Buffer.from(data!, 'base64') })).toEqual(record)
    for (const other of ['', 'e30=', '?', new Uint8Array()]) {
      expect(() => recordOf({ data: other })).toThrow(
        expect.objectContaining({ code: 'ERR_BODY_MALFORMED' }),
      )
    }
  })

  test('acknowledges nothing that could not be kept', async () => {
    const inbox = create({ attempts: 1 })
    const deliver = createShop(inbox, {
      '*'() {
        throw new Error('never')
      },
    })
    await deliver({ id: '1', type: 'sale' })
    fake.faults.push({ status: 500, body: {} }, { status: 403, body: {} })
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    expect(fake.answers).toEqual([503, 503, 200])
    expect(fake.topics[DEAD_TOPIC]).toHaveLength(1)
  })

  test.each([
    { name: 'without keys', keys: false as const },
    { name: 'with keys', keys: memoryKeys().keys },
  ])(
    'gives up what is older than giveUpSeconds, before the topic deletes it, $name',
    async ({ keys }) => {
      const inbox = create({ giveUpSeconds: 60, keys })
      let runs = 0
      const deliver = createShop(inbox, { '*': () => void runs++ })
      fake.age = 50_000
      await deliver({ id: '1', type: 'sale' })
      fake.age = 70_000
      await deliver({ id: '2', type: 'sale' })
      await startConsumer(fake, inbox.consumer())
      await until(() => fake.waiting() === 0)
      expect(runs).toBe(1)
      expect(fake.topics[DEAD_TOPIC]).toHaveLength(1)
      const { reason } = fake.topics[DEAD_TOPIC]![0]!.attributes!
      expect(reason).toBe('It was published more than 60 s ago, and still not done')
    },
  )

  test('lets the work take less than the deadline of the subscription', () => {
    const maxRun = (deadlineSeconds?: number) =>
      create({
        push: googlePubsubPush({ ...google, ...(deadlineSeconds && { deadlineSeconds }) }),
      }).engine.capabilities.maxRunSeconds
    expect(maxRun()).toBeCloseTo(8.1)
    expect(maxRun(600)).toBe(598)
    expect(() => create({ workSeconds: 59 })).toThrow('workSeconds')
  })

  test.each([
    { topic: 'inbox' },
    { topic: 'projects/p/topics/t/x' },
    { topic: undefined },
    { deadTopic: undefined },
    { deadTopic: TOPIC },
    { keys: undefined },
    { endpoint: 'pubsub.googleapis.com' },
    { endpoint: 'https://pubsub.googleapis.com/v1' },
    { timeoutSeconds: 0 },
    { timeoutSeconds: Infinity },
    { giveUpSeconds: -1 },
    { order: () => 'a' },
  ])('is not made with %o', (options) => {
    expect(() => create(options as Partial<PubSubOptions>)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })

  test('has no place for work in the process of the receiver', () => {
    const provider = defineProvider({ name: 'any', verify: push.verify })
    const inbox = create()
    expect(() =>
      createWebhookHandler({ provider, inbox, acknowledge: 'processed', on: {} }),
    ).toThrow("use 'stored'")
  })
})
