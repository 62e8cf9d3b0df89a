import { cloudTasks, type CloudTasksOptions } from 'webhook-target/engines/cloud-tasks'
import type { DeadLetter } from 'webhook-target/inbox'
import { googleCloudTasks } from 'webhook-target/providers/google-cloud-tasks'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, AUDIENCE, google } from '../providers/google-keys.ts'
import { testConformance } from './conformance.ts'
import { QUEUE, startCloudTasks, type FakeCloudTasks } from './fake-cloud-tasks.ts'
import { memoryKeys, startConsumer, startWork, TOKEN, until } from './google-fakes.ts'
import { anyRecord, createShop, testPushedInbox } from './pushed-inbox.ts'

let fake: FakeCloudTasks
const opened: FakeCloudTasks[] = []
const start = async () => {
  opened.push((fake = await startCloudTasks()))
  return fake
}
afterAll(() => Promise.all(opened.map((one) => one.close())))

const letters: DeadLetter[] = []
const push = googleCloudTasks(google)
const create = (options: Partial<CloudTasksOptions> = {}) =>
  cloudTasks({
    queue: QUEUE,
    url: AUDIENCE,
    serviceAccount: ACCOUNT,
    keys: false,
    deadLetters: (letter) => void letters.push(letter),
    push,
    endpoint: fake.url,
    accessToken: async () => TOKEN,
    ...options,
  })

await testConformance('cloud-tasks on a stand-in', {
  create: async () => (await start(), create().engine),
  again: async () => create().engine,
  work: (engine, run) => startWork(fake, engine, run),
})

describe('cloud-tasks', () => {
  beforeEach(async () => {
    await start()
    letters.length = 0
  })
  afterEach(() => fake.callTo(undefined))

  const failing = () => {
    throw new Error('never')
  }

  testPushedInbox({
    fake: () => fake,
    create,
    dead: () => letters.map(({ record }) => record),
    async call(record) {
      await create().engine.put(record)
      const { body, headers } = fake.tasks.at(-1)!.httpRequest
      return { body: Buffer.from(body, 'base64'), type: headers['content-type']! }
    },
  })

  test('creates tasks in the form of the reference', async () => {
    const record = anyRecord()
    const audience = 'an audience'
    await create({ audience }).engine.put(record)
    expect(fake.calls[0]?.path).toBe(`/v2/${QUEUE}/tasks`)
    expect(fake.calls[0]?.body).toEqual({
      task: {
        name: `${QUEUE}/tasks/${record.key}`,
        dispatchDeadline: '600s',
        httpRequest: {
          url: AUDIENCE,
          httpMethod: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: expect.any(String) as string,
          oidcToken: { serviceAccountEmail: ACCOUNT, audience },
        },
      },
    })
  })

  test('stores once what is put again after an answer that was lost', async () => {
    const record = anyRecord()
    fake.faults.push('cut-after')
    expect(await create().engine.put(record)).toBe('duplicate')
    expect(await create().engine.put(record)).toBe('duplicate')
    expect(fake.tasks).toHaveLength(1)
  })

  test('tells duplicates for an hour after the end, and leaves the rest to its keys', async () => {
    const { keys, asked } = memoryKeys()
    const inbox = create({ keys })
    let runs = 0
    const deliver = createShop(inbox, { '*': () => void runs++ })
    const sale = { id: 'one', type: 'sale' }
    expect(await deliver(sale)).toBe(200)
    expect(asked).toEqual([])
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    fake.advance(3_599_000)
    expect(await deliver(sale)).toBe(200)
    expect(fake.tasks).toHaveLength(1)
    fake.advance(2000)
    expect(await deliver(sale)).toBe(200)
    expect(fake.tasks).toHaveLength(2)
    await until(() => fake.waiting() === 0)
    expect(runs).toBe(1)
    expect(asked).toEqual(['claim', 'done', 'claim'])
  })

  test('hands over what is out of attempts before the queue deletes it', async () => {
    const inbox = create({ attempts: 3 })
    const deliver = createShop(inbox, { '*': failing })
    fake.maxAttempts = 4
    await deliver({ id: '1', type: 'sale' })
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    expect(fake.lost).toEqual([])
    expect(fake.answers).toEqual([503, 503, 200])
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({
      reason: expect.stringContaining('Attempt 3, the last') as string,
    })
    expect(new TextDecoder().decode(letters[0]!.record.body)).toBe('{"id":"1","type":"sale"}')
  })

  test.each([
    { name: 'without keys', keys: false as const },
    { name: 'with keys', keys: memoryKeys().keys },
  ])('ends no task whose dead letter could not be kept, $name', async ({ keys }) => {
    let full = 2
    const deadLetters = (letter: DeadLetter) => {
      if (full-- > 0) throw new Error('full')
      letters.push(letter)
    }
    const inbox = create({ attempts: 1, deadLetters, keys })
    const deliver = createShop(inbox, { '*': failing })
    await deliver({ id: '1', type: 'sale' })
    await startConsumer(fake, inbox.consumer())
    await until(() => fake.waiting() === 0)
    expect(fake.answers).toEqual([503, 503, 200])
    expect(letters).toHaveLength(1)
    if (keys) expect(letters[0]!.reason).toMatch(/^Attempt 1, the last: .*never/)
  })

  test('gives tasks the deadline that the consumer goes by', async () => {
    const slow = create({ push: googleCloudTasks({ ...google, deadlineSeconds: 1800 }) })
    await slow.engine.put(anyRecord())
    expect(fake.tasks[0]?.dispatchDeadline).toBe('1800s')
    expect(slow.engine.capabilities.maxRunSeconds).toBe(1798)
    expect(create().engine.capabilities.maxRunSeconds).toBe(598)
    expect(() => create({ workSeconds: 599 })).toThrow('workSeconds')
  })

  test('aborts work that the call can no longer wait for', async () => {
    const inbox = create()
    let aborted = false
    const deliver = createShop(inbox, {
      '*': (_event, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new Error('aborted'))
          })
        }),
    })
    await deliver({ id: '1', type: 'sale' })
    const { body, headers } = fake.tasks[0]!.httpRequest
    const { identity } = await import('./google-fakes.ts')
    const request = new Request(AUDIENCE, {
      method: 'POST',
      headers: { ...headers, authorization: identity() },
      body: Buffer.from(body, 'base64'),
    })
    // Less than Cloud Tasks would wait: the limit of the platform.
    const answer = await inbox.consumer()(request, { platformTimeoutSeconds: 0.5, telemetry: {} })
    expect(answer.status).toBe(503)
    expect(aborted).toBe(true)
  })

  test.each([
    { queue: 'inbox' },
    { queue: 'projects/p/queues/q' },
    { queue: undefined },
    { url: '' },
    { url: 'ftp://example.com' },
    { serviceAccount: '' },
    { audience: '' },
    { deadLetters: undefined },
    { keys: undefined },
    { maxTaskBytes: 0 },
    { order: () => 'a' },
    { push: googleCloudTasks({ ...google, deadlineSeconds: 3600 }) },
  ])('is not made with %o', (options) => {
    expect(() => create(options as Partial<CloudTasksOptions>)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })
})
