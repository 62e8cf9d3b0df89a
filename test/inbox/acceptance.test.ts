import {
  createWebhookHandler,
  first,
  header,
  member,
  mount,
  reply,
  retry,
  type AcknowledgeMode,
  type Effects,
  type Outcome,
  type ProviderDefinition,
  type WebhookContext,
  type WebhookEvent,
  type WebhookHandler,
  type WebhookHandlerOptions,
} from 'webhook-target'
import { memory } from 'webhook-target/engines/memory'
import { hmac } from 'webhook-target/schemes/hmac'
import {
  createInbox,
  type DeadLetter,
  type EngineInbox,
  type KeyStore,
  type Run,
} from 'webhook-target/inbox'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { fetchDoor, exchange } from '../support/doors.ts'
import { deferred, patched, recorded } from '../support/inboxes.ts'
import { recorder, silent } from '../support/reports.ts'
import { acme, acmeBatches, fromAcme, hexHmac, SECRET } from '../support/senders.ts'

type Options = Omit<WebhookHandlerOptions, 'on' | 'inbox'>

async function open(
  on: Effects<Record<string, unknown>>,
  {
    inbox = memory(),
    work = true,
    ...options
  }: Partial<Options> & { inbox?: EngineInbox; work?: boolean } = {},
) {
  const handler = createWebhookHandler({
    provider: acme(),
    telemetry: silent,
    ...options,
    inbox,
    on,
  })
  if (work) await inbox.work()
  onTestFinished(() => inbox.close())
  const send = (...sent: Parameters<typeof fromAcme>) =>
    exchange(fetchDoor, handler, fromAcme(...sent))
  return { inbox, handler, send }
}

async function working(inbox: EngineInbox) {
  await inbox.work()
  onTestFinished(() => inbox.close())
  return inbox
}

describe('stored, then acknowledged', () => {
  test('the answer waits for the store', async () => {
    const storing = deferred<'stored'>()
    const inbox = patched(memory(), { put: () => storing.promise })
    const { send } = await open({ '*': () => {} }, { inbox, work: false })
    let answered = false
    const answer = send().finally(() => (answered = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(false)
    storing.resolve('stored')
    expect((await answer).status).toBe(200)
  })

  test('a store that fails is 503 with Retry-After, whatever it says', async () => {
    const { telemetry, reports } = recorder()
    const inbox = patched(memory(), { put: () => Promise.reject(new Error('disk full')) })
    const { send } = await open({ '*': () => {} }, { inbox, telemetry })
    const answer = await send()
    expect([answer.status, answer.header('retry-after'), answer.body]).toEqual([503, '30', ''])
    expect(reports).toMatchObject([
      { outcome: 'unavailable', error: { code: 'ERR_INBOX_UNAVAILABLE' } },
    ])
    expect(reports[0]!.error!.message).toBe('memory did not store the delivery: disk full')
  })

  test('a store that hangs is 503 before the deadline, and told that nobody waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let signal: AbortSignal | undefined
    const inbox = patched(memory(), {
      put(_record, options) {
        signal = options?.signal
        return new Promise(() => {})
      },
    })
    const { send } = await open({ '*': () => {} }, { inbox, work: false })
    const answer = send()
    await vi.waitFor(() => expect(signal).toBeDefined())
    await vi.advanceTimersByTimeAsync(9001)
    expect((await answer).status).toBe(503)
    expect(signal!.aborted).toBe(true)
  })

  test('a store that can not be opened is 503, until it can', async () => {
    const opening = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(new Error('away'))
    const inbox = patched(memory(), { open: opening })
    const { send } = await open({ '*': () => {} }, { inbox, work: false })
    expect((await send()).status).toBe(503)
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(200)
    expect(opening).toHaveBeenCalledTimes(2)
  })

  test('one that was closed stores nothing until somebody opens it again', async () => {
    const inbox = memory()
    const { send } = await open({ '*': () => {} }, { inbox })
    expect((await send()).status).toBe(200)
    await inbox.close()
    expect((await send()).status).toBe(503)
    await inbox.open()
    expect((await send()).status).toBe(200)
  })

  test('nothing is stored of what is not verified, or has no effect', async () => {
    const inbox = memory()
    const records = recorded(inbox)
    const { send } = await open({ made: () => {} }, { inbox })
    expect((await send({ secret: 'another' })).status).toBe(401)
    expect((await send({ body: '{"type":"other"}' })).status).toBe(200)
    expect(records).toEqual([])
  })

  test('a body that no type can be read from is the sender’s fault', async () => {
    const { send } = await open({ made: () => {} })
    expect((await send({ body: '{"type":' })).status).toBe(400)
  })

  test('what is longer than the engine stores is 413', async () => {
    const { engine } = memory()
    const capabilities = { ...engine.capabilities, maxBytes: 10 }
    const inbox = createInbox(Object.assign(engine, { capabilities }))
    const { send } = await open({ '*': () => {} }, { inbox })
    expect((await send()).status).toBe(413)
  })
})

describe('a store that is behind', () => {
  test('turns away what its sender will deliver again, and the rest only later', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const inbox = patched(memory(), { put: () => new Promise(() => {}) })
    const create = (name: string, retries: boolean) =>
      createWebhookHandler({
        name,
        provider: acme({ acknowledge: { retries } }),
        inbox,
        telemetry: silent,
        on: { '*': () => {} },
      })
    const [again, once] = [create('again', true), create('once', false)]
    const statuses: Record<string, number | undefined> = {}
    const send = async (name: string, handler: WebhookHandler) => {
      statuses[name] = (await exchange(fetchDoor, handler, fromAcme())).status
    }
    for (let i = 0; i < 16; i++) void send(`before ${i}`, again)
    await vi.advanceTimersByTimeAsync(1500)
    void send('again', again)
    void send('once', once)
    await vi.advanceTimersByTimeAsync(10)
    expect([statuses['again'], statuses['once']]).toEqual([503, undefined])
    await vi.advanceTimersByTimeAsync(5000)
    void send('once, later', once)
    await vi.advanceTimersByTimeAsync(10)
    expect(statuses['once, later']).toBe(503)
  })
})

describe('acknowledge', () => {
  test('auto answers with the outcome of work that is done in time', async () => {
    const { send } = await open({ made: () => reply('hello') })
    expect(await send()).toMatchObject({ status: 200, body: 'hello' })
  })

  test('auto answers success for work that fails or asks for time, which is tried again', async () => {
    const attempts: number[] = []
    const { send } = await open(
      {
        made(_event, { attempt }) {
          attempts.push(attempt)
          if (attempt === 1) throw new Error('down')
          if (attempt === 2) return retry({ afterSeconds: 0 })
          return undefined
        },
      },
      { inbox: memory({ backoff: { baseSeconds: 0.001 } }) },
    )
    expect((await send()).status).toBe(200)
    await vi.waitFor(() => expect(attempts).toEqual([1, 2, 3]))
  })

  test('auto answers success when the deadline comes first, and the work goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const began = deferred()
    const finish = deferred()
    const ended = deferred()
    const { send } = await open({
      async made(_event, { signal }) {
        began.resolve()
        await finish.promise
        if (!signal.aborted) ended.resolve()
      },
    })
    const answer = send()
    await began.promise
    await vi.advanceTimersByTimeAsync(9001)
    expect((await answer).status).toBe(200)
    finish.resolve()
    await ended.promise
  })

  describe('where another process takes the work', () => {
    /** A worker that never gets anything, and one that is busy with something else. */
    async function openIdle(acknowledge: AcknowledgeMode) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      let begin!: Run
      const inbox = patched(memory({ concurrency: 1 }), {
        work: async (run) => ((begin = run), { stop: async () => {} }),
      })
      const records = recorded(inbox)
      const { telemetry, reports } = recorder()
      const busy = deferred()
      const { send } = await open({ '*': () => busy.promise }, { inbox, acknowledge, telemetry })
      return { send, begin, records, reports, busy }
    }

    test('auto soon answers that it is stored', async () => {
      const { send, records } = await openIdle('auto')
      const answer = send()
      await vi.waitFor(() => expect(records).toHaveLength(1))
      await vi.advanceTimersByTimeAsync(100)
      expect((await answer).status).toBe(200)
    })

    test('auto waits longer for a worker that is busy, and for its work once that has begun', async () => {
      const { send, begin, records, busy, reports } = await openIdle('auto')
      const [first, second] = [send(), send()]
      await vi.waitFor(() => expect(records).toHaveLength(2))
      void begin(records[0]!, { number: 1 })
      await vi.advanceTimersByTimeAsync(900)
      expect(reports.map(({ outcome }) => outcome)).toEqual([])
      await vi.advanceTimersByTimeAsync(200)
      expect((await second).status).toBe(200)
      expect(reports.map(({ outcome }) => outcome)).toEqual(['stored'])
      busy.resolve()
      expect((await first).status).toBe(200)
      expect(reports.at(-1)!.outcome).toBe('done')
    })

    test('processed waits in vain, and says why', async () => {
      const { send, records, reports } = await openIdle('processed')
      const answer = send()
      await vi.waitFor(() => expect(records).toHaveLength(1))
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await answer).status).toBe(503)
      expect(reports[0]!.error!.message).toMatch(/did not begin in this process/)
    })
  })

  test('stored answers before the work begins', async () => {
    const finish = deferred()
    const { send } = await open({ made: () => finish.promise }, { acknowledge: 'stored' })
    expect((await send()).status).toBe(200)
    finish.resolve()
  })

  test('processed answers what the work has come to', async () => {
    const { send } = await open(
      { made: () => retry({ afterSeconds: 7 }) },
      { acknowledge: 'processed' },
    )
    const answer = await send()
    expect([answer.status, answer.header('retry-after')]).toEqual([503, '7'])
  })

  test('without a worker all are answered as stored', async () => {
    const { send } = await open({ made: () => reply('never') }, { work: false })
    expect(await send()).toMatchObject({ status: 200, body: '' })
  })

  describe('when the work stops', () => {
    async function stopped() {
      const began = deferred()
      const finish = deferred<Outcome>()
      const made = () => (began.resolve(), finish.promise)
      const { send, inbox } = await open({ made }, { inbox: memory({ concurrency: 1 }) })
      const records = recorded(inbox)
      const underWay = send()
      await began.promise
      const behind = send()
      await vi.waitFor(() => expect(records).toHaveLength(2))
      return { underWay, behind, finish, stopping: inbox.stop() }
    }

    test('who waits for work that has not begun is answered at once, the others by what it comes to', async () => {
      const { underWay, behind, finish, stopping } = await stopped()
      expect(await behind).toMatchObject({ status: 200, body: '' })
      finish.resolve(reply('done after all'))
      expect(await underWay).toMatchObject({ status: 200, body: 'done after all' })
      await stopping
    })

    test('and takes longer than a server has, those are answered too', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      const { underWay, finish, stopping } = await stopped()
      await vi.advanceTimersByTimeAsync(5000)
      expect(await underWay).toMatchObject({ status: 200, body: '' })
      finish.resolve(reply('too late'))
      await stopping
    })
  })

  test('processed is answered at once where the keys know that it is done', async () => {
    const keys: KeyStore = {
      claim: async () => 'done',
      extend: async () => true,
      done: async () => {},
      release: async () => {},
      forget: async () => {},
    }
    const { telemetry, reports } = recorder()
    const inbox = memory({ keys })
    const { send } = await open({ made: () => {} }, { inbox, acknowledge: 'processed', telemetry })
    expect((await send()).status).toBe(200)
    expect(reports).toMatchObject([{ outcome: 'stored' }])
  })
})

describe('duplicates', () => {
  test('50 at once are worked on once and all acknowledged', async () => {
    const effect = vi.fn(async () => {})
    const { send } = await open({ made: effect })
    const answers = await Promise.all(Array.from({ length: 50 }, () => send({ id: 'same' })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(effect).toHaveBeenCalledTimes(1)
  })

  test('a dead letter does not come back to life by itself', async () => {
    const effect = vi.fn(() => {
      throw new Error('never')
    })
    const { send, inbox } = await open({ made: effect }, { inbox: memory({ attempts: 1 }) })
    expect((await send({ id: 'same' })).status).toBe(200)
    await vi.waitFor(async () => expect(await letters(inbox)).toHaveLength(1))
    expect((await send({ id: 'same' })).status).toBe(200)
    expect(effect).toHaveBeenCalledTimes(1)
  })
})

async function letters(inbox: EngineInbox) {
  const list: DeadLetter[] = []
  for await (const letter of inbox.dead()) list.push(letter)
  return list
}

describe('named effects', () => {
  test('each has a state of its own', async () => {
    const runs: string[] = []
    const { send } = await open(
      {
        made: {
          relay: () => void runs.push('relay'),
          store(_event, { attempt }) {
            runs.push(`store ${attempt}`)
            if (attempt === 1) throw new Error('down')
          },
        },
      },
      { inbox: memory({ backoff: { baseSeconds: 0.001 } }) },
    )
    expect((await send()).status).toBe(200)
    await vi.waitFor(() => expect(runs).toEqual(['relay', 'store 1', 'store 2']))
  })

  test('without an inbox, the one that failed is run again by the next delivery, and the other is not', async () => {
    const runs: string[] = []
    const handler = createWebhookHandler({
      provider: acme(),
      telemetry: silent,
      on: {
        made: {
          relay: () => void runs.push('relay'),
          store() {
            runs.push('store')
            if (runs.length === 2) throw new Error('down')
          },
        },
      },
    })
    const send = () => exchange(fetchDoor, handler, fromAcme({ id: 'same' }))
    expect((await send()).status).toBe(503)
    expect((await send()).status).toBe(200)
    expect(runs).toEqual(['relay', 'store', 'store'])
  })

  test('the reports have their names', async () => {
    const { telemetry, reports } = recorder()
    const { send } = await open(
      { made: { relay: () => {}, store: () => {} } },
      { telemetry, acknowledge: 'stored' },
    )
    await send()
    expect(reports.filter(({ status }) => status === 200)).toMatchObject([
      { outcome: 'stored', effect: 'relay' },
      { outcome: 'stored', effect: 'store' },
    ])
  })

  test.each([[{ made: {} }], [{ made: { relay: 1 } }], [{ made: null }]])('%j is refused', (on) => {
    const create = () => createWebhookHandler({ provider: acme(), on: on as never })
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })
})

describe('what the work is given', () => {
  async function exchangeStored(
    sent: Parameters<typeof fromAcme>[0],
    inbox = memory(),
    provider = acme(),
  ) {
    const seen: { event: WebhookEvent; context: WebhookContext }[] = []
    const { handler } = await open(
      { '*': (event, context) => void seen.push({ event, context }) },
      { inbox, provider },
    )
    const mounted = mount({ '/acme/:tenant': handler })
    expect(
      (await exchange(fetchDoor, mounted, fromAcme({ path: '/acme/one', ...sent }))).status,
    ).toBe(200)
    return seen
  }

  test('the event as it was delivered', async () => {
    const body = '{"type":"made", "n":1.0}'
    const [first] = await exchangeStored({ id: 'x', body })
    const { event, context } = first!
    expect(event).toMatchObject({ provider: 'acme', type: 'made', id: 'x', secret: 0 })
    expect(event.key).toBe('acme:%2Facme%2F%3Atenant/one:x')
    expect(event.data).toEqual({ type: 'made', n: 1 })
    expect(new TextDecoder().decode(context.rawBody)).toBe(body)
    expect(context.params).toEqual({ tenant: 'one' })
    expect(context.attempt).toBe(1)
    expect(context.signal.aborted).toBe(false)
    expect(context.transaction).toBeUndefined()
  })

  test.each([
    ['the payload, read at the work', member('type'), {}, 'made'],
    ['a header, read at the delivery', header('x-acme-kind'), { 'x-acme-kind': 'fine' }, 'fine'],
    [
      'one or the other, at the delivery',
      first(header('x-acme-kind'), member('type')),
      { 'x-acme-kind': 'fine' },
      'fine',
    ],
  ])('a subtype from %s', async (_name, subtype, headers, expected) => {
    const provider = acme({ event: { type: header('x-acme-id'), subtype } })
    const effect = vi.fn()
    const { send } = await open({ [`1.${expected}`]: effect }, { provider })
    const body = '{"type":"made"}'
    const genuine = { 'x-acme-signature': hexHmac(body), 'x-acme-id': '1', ...headers }
    expect((await send({ body, headers: genuine })).status).toBe(200)
    expect(effect).toHaveBeenCalledOnce()
  })

  test('where nothing had to read the payload, the work finds that it does not parse', async () => {
    const provider = acme({ event: { type: header('x-acme-id'), subtype: member('kind') } })
    const { telemetry, reports } = recorder()
    const { send } = await open(
      { '*': (event) => void event.data },
      { provider, telemetry, acknowledge: 'stored' },
    )
    const body = '{"kind":'
    expect(
      (await send({ body, headers: { 'x-acme-signature': hexHmac(body), 'x-acme-id': '1' } }))
        .status,
    ).toBe(200)
    await vi.waitFor(() =>
      expect(reports).toContainEqual(
        expect.objectContaining({
          outcome: 'dead',
          error: expect.objectContaining({ code: 'ERR_BODY_MALFORMED' }),
        }),
      ),
    )
  })

  test.each(['with', 'without'])(
    'the type, whatever a schema takes away, %s an inbox',
    async (how) => {
      const validate = (value: unknown) => ({ value: { n: (value as { n: number }).n } })
      const schema = { '~standard': { version: 1 as const, vendor: 'test', validate } }
      const { telemetry, reports } = recorder()
      const event = { type: member('type'), subtype: member('kind'), id: header('x-acme-id') }
      const handler = createWebhookHandler({
        provider: acme({ event, schemas: { made: schema } } as Partial<ProviderDefinition>),
        telemetry,
        ...(how === 'with' && { inbox: await working(memory()) }),
        on: {
          'made.fine': ({ type, data }) => expect([type, data]).toEqual(['made', { n: 1 }]),
        },
      })
      const sent = fromAcme({ body: '{"type":"made","kind":"fine","n":1}' })
      expect((await exchange(fetchDoor, handler, sent)).status).toBe(200)
      expect(reports.map(({ type, outcome }) => [type, outcome])).toContainEqual(['made', 'done'])
    },
  )

  test('a request with the stored headers and the body, and no URL that means anything', async () => {
    const body = '{"type":"made"}'
    const [first] = await exchangeStored({ id: 'x', body })
    const { request } = first!.context
    expect([request.method, request.url]).toEqual(['POST', 'http://stored.invalid/'])
    expect([...request.headers]).toEqual([['content-type', 'application/json']])
    expect(await request.json()).toEqual({ type: 'made' })
  })

  test('the headers that are listed and no other', async () => {
    const inbox = memory({ headers: ['X-Acme-Region'] })
    const records = recorded(inbox)
    const headers = { 'x-acme-region': 'eu', authorization: 'Bearer hunter2', cookie: 'hunter2' }
    const [first] = await exchangeStored({ path: '/acme/one?token=hunter2', headers }, inbox)
    expect(Object.fromEntries(first!.context.headers)).toEqual({
      'content-type': 'application/json',
      'x-acme-region': 'eu',
    })
    expect(JSON.stringify(records[0])).not.toMatch(/hunter2|x-acme-signature/)
  })

  test.each([
    [
      'a form',
      'application/x-www-form-urlencoded',
      'type=made&a=1&a=2',
      { type: 'made', a: ['1', '2'] },
    ],
    [
      'multipart',
      'multipart/form-data; boundary=B',
      '--B\r\ncontent-disposition: form-data; name="type"\r\n\r\nmade\r\n--B--\r\n',
      { type: 'made' },
    ],
    ['labelled text', 'text/plain', '{"type":"made"}', { type: 'made' }],
  ])('%s', async (_name, type, body, data) => {
    const [first] = await exchangeStored({ body, headers: { 'content-type': type } })
    expect({ ...(first!.event.data as object) }).toEqual(data)
  })

  test('the items of a batch, one by one', async () => {
    const inbox = memory()
    const records = recorded(inbox)
    const body = JSON.stringify([
      { type: 'a', id: '1' },
      { type: 'b', id: '2' },
      { type: 'a', id: '1' },
    ])
    const seen = await exchangeStored({ body }, inbox, acmeBatches())
    expect(seen.map(({ event }) => [event.type, event.id, event.data])).toEqual([
      ['a', '1', { type: 'a', id: '1' }],
      ['b', '2', { type: 'b', id: '2' }],
    ])
    expect(new TextDecoder().decode(records[1]!.body)).toBe('{"type":"b","id":"2"}')
  })

  test('which of the secrets matched', async () => {
    const secret = ['another', SECRET]
    const provider = acme({ verify: hmac({ secret, header: 'x-acme-signature' }) })
    const [first] = await exchangeStored({}, memory(), provider)
    expect(first!.event.secret).toBe(1)
  })

  test('when it was received, however late it is worked on', async () => {
    const times: number[][] = []
    const clock = { now: 1000 }
    const { send, inbox } = await open(
      { made: (_event, { receivedAt, deadline }) => void times.push([receivedAt, deadline]) },
      { work: false, clock: () => clock.now },
    )
    await send()
    clock.now = 5000
    await inbox.work()
    await vi.waitFor(() => expect(times).toEqual([[1000, 305_000]]))
  })
})

describe('order', () => {
  test('is each handler’s and each effect’s own', async () => {
    const inbox = memory({ order: () => '42', sequence: () => 1 })
    const records = recorded(inbox)
    const create = (name: string) =>
      createWebhookHandler({
        name,
        provider: acme(),
        inbox,
        telemetry: silent,
        on: { made: { relay: () => {}, store: () => {} } },
      })
    for (const handler of [create('one'), create('two')])
      await exchange(fetchDoor, handler, fromAcme())
    expect(new Set(records.map(({ order }) => order)).size).toBe(4)
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 1])
  })

  test('null is none', async () => {
    const inbox = memory({ order: () => null, sequence: () => null })
    const records = recorded(inbox)
    const { send } = await open({ '*': () => {} }, { inbox })
    expect((await send()).status).toBe(200)
    expect(records[0]).not.toHaveProperty('order')
    expect(records[0]).not.toHaveProperty('sequence')
  })

  test.each([
    ['throws', { order: ({ data }: WebhookEvent) => (data as { a: { b: string } }).a.b }],
    ['returns a number', { order: () => 1 as never }],
    ['returns no number', { order: () => 'a', sequence: () => Number.NaN }],
  ])('an option that %s is not the fault of the store', async (_name, options) => {
    const { telemetry, reports } = recorder()
    const { send } = await open({ '*': () => {} }, { inbox: memory(options), telemetry })
    expect((await send()).status).toBe(503)
    expect(reports[0]!.error!.code).toBe('ERR_HANDLER_FAILED')
  })
})

describe('where nobody works', () => {
  test('it is said, once, unless that is meant', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const { send } = await open({ '*': () => {} }, { work: false })
    await send()
    await send()
    expect(warn.mock.calls).toEqual([[expect.stringContaining('inbox.work()')]])
    const inbox = memory()
    const other = await open({ '*': () => {} }, { inbox, work: false })
    await inbox.open()
    await other.send()
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('nothing can be waited for', async () => {
    const inbox = memory()
    createWebhookHandler({ provider: acme(), inbox, acknowledge: 'processed', on: {} })
    await expect(inbox.open()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
    await inbox.work()
    await inbox.close()
  })

  test('no more deliveries wait than may be done in time', async () => {
    const finish = deferred()
    const { send } = await open(
      { made: () => finish.promise },
      { inbox: memory({ concurrency: 1 }) },
    )
    const waiting = Array.from({ length: 10 }, () => send())
    await new Promise((resolve) => setImmediate(resolve))
    expect((await send()).status).toBe(200)
    finish.resolve()
    await Promise.all(waiting)
  })
})

describe('closing', () => {
  test('what is being opened ends with it', async () => {
    const opening = deferred()
    const work = vi.fn()
    const inbox = patched(memory(), { open: () => opening.promise, work })
    createWebhookHandler({ provider: acme(), inbox, on: {} })
    const working = inbox.work()
    const closing = inbox.close()
    opening.resolve()
    await expect(working).rejects.toThrow('closed')
    await closing
    expect(work).not.toHaveBeenCalled()
  })

  test('a store that is refused is closed', async () => {
    const close = vi.fn(async () => {})
    const { inbox } = await open({ '*': () => {} }, { inbox: patched(memory(), { store: 's' }) })
    const refused = patched(memory(), { store: 's', close })
    createWebhookHandler({ provider: acme(), name: 'another', inbox: refused, on: {} })
    await expect(refused.open()).rejects.toThrow('same store')
    expect(close).toHaveBeenCalledOnce()
    await inbox.close()
    await refused.open()
    await refused.close()
  })
})

describe('refused when the handler is created', () => {
  const engineWith = (changes: object) => {
    const { engine } = memory()
    return Object.assign(engine, { capabilities: { ...engine.capabilities, ...changes } })
  }
  test.each([
    [
      'two handlers of one name',
      () => {
        const inbox = memory()
        const create = () => createWebhookHandler({ provider: acme(), inbox, on: {} })
        create()
        create()
      },
    ],
    [
      'acknowledging before it is done, without an inbox',
      () => createWebhookHandler({ provider: acme(), acknowledge: 'stored', on: {} }),
    ],
    [
      'an engine that forgets keys, without a store for them',
      () => createInbox(engineWith({ dedupe: { windowSeconds: 3600, tells: true } })),
    ],
    [
      'an order that the engine does not keep',
      () => createInbox(engineWith({ order: false }), { order: () => 'a' }),
    ],
    ['a sequence without an order', () => memory({ sequence: () => 1 })],
    [
      'attempts longer than the engine waits',
      () => createInbox(engineWith({ maxRunSeconds: 60 }), { workSeconds: 61 }),
    ],
    ['no attempts', () => memory({ attempts: 0 })],
    [
      'waiting for work that another process does',
      () =>
        createWebhookHandler({
          provider: acme(),
          acknowledge: 'processed',
          inbox: patched(memory(), { work: undefined } as never),
          on: {},
        }),
    ],
  ])('%s', (_name, create) => {
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })

  test('a second inbox on the same store for other handlers, once both are open', async () => {
    const onStore = () => patched(memory(), { store: 'a store' })
    const { inbox } = await open({ '*': () => {} }, { inbox: onStore() })
    const another = createWebhookHandler({
      provider: acme(),
      name: 'another',
      inbox: onStore(),
      on: { '*': () => {} },
    })
    await expect(another.inboxes[0]!.open()).rejects.toThrow(
      /use the same store, for different handlers/,
    )
    // Without handlers, or with the same ones, as after a reload.
    const operator = onStore()
    await operator.open()
    await open({ '*': () => {} }, { inbox: onStore() })
    await inbox.close()
    await operator.close()
  })

  test('two of one provider can share an inbox under names of their own', async () => {
    const inbox = memory()
    const runs: string[] = []
    const create = (name: string) =>
      createWebhookHandler({
        name,
        provider: acme(),
        inbox,
        telemetry: silent,
        on: { '*': () => void runs.push(name) },
      })
    const [one, two] = [create('one'), create('two')]
    await inbox.work()
    const sent = fromAcme({ id: 'same' })
    await exchange(fetchDoor, one, sent)
    await exchange(fetchDoor, two, sent)
    expect(runs).toEqual(['one', 'two'])
    await inbox.close()
  })
})
