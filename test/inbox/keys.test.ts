import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { memory } from 'webhook-target/engines/memory'
import { createInbox } from 'webhook-target/inbox'
import type { Attempt, Engine, KeyClaim, KeyStore, Run, Verdict } from 'webhook-target/inbox'
import { withBurial } from '../../src/inbox/consumer.ts'
import { withKeys } from '../../src/inbox/keys.ts'
import { StoreLog } from '../../src/inbox/store-log.ts'

const record = { key: 'k', endpoint: 'e', receivedAt: 0, head: '{}', body: new Uint8Array() }
const TIMES = { leaseMs: 5000, keepMs: 60_000 }
const LOG = new StoreLog('The store of keys')
const CLAIM: KeyClaim = { key: 'k', fence: 'f', attempt: 3 }

function store(claim: Awaited<ReturnType<KeyStore['claim']>>) {
  return {
    claim: vi.fn<KeyStore['claim']>(async () => claim),
    extend: vi.fn<KeyStore['extend']>(async () => true),
    done: vi.fn<KeyStore['done']>(async () => {}),
    release: vi.fn<KeyStore['release']>(async () => {}),
    forget: vi.fn<KeyStore['forget']>(async () => {}),
  }
}
const runWith = (verdict: Verdict) => vi.fn<Run>(async () => verdict)

describe('a store of keys', () => {
  test.each([
    [{ kind: 'ack' }, { done: [[CLAIM, 60_000]] }],
    [{ kind: 'dead', reason: 'unfit' }, { done: [[CLAIM, 60_000]] }],
    [{ kind: 'retry', afterMs: 1, reason: 'later' }, { release: [[CLAIM, { keepMs: 60_000 }]] }],
    [
      { kind: 'retry', afterMs: 1, reason: 'later', givenUp: 'unfit' },
      { release: [[CLAIM, { keepMs: 60_000, givenUp: 'unfit' }]] },
    ],
  ] as const)('is told what became of the work: %j, %j', async (verdict, calls) => {
    const keys = store(CLAIM)
    expect(await withKeys(runWith(verdict), keys, TIMES, LOG)(record, { number: 1 })).toBe(verdict)
    expect(keys.claim.mock.calls).toEqual([['k', TIMES]])
    const { done, release } = { done: [], release: [], ...calls }
    expect(keys.done.mock.calls).toEqual(done)
    expect(keys.release.mock.calls).toEqual(release)
  })

  test('has what is done acknowledged, and what is busy tried again, without a run', async () => {
    const run = runWith({ kind: 'ack' })
    expect(await withKeys(run, store('done'), TIMES, LOG)(record, { number: 1 })).toEqual({
      kind: 'ack',
    })
    const busy = await withKeys(run, store('busy'), TIMES, LOG)(record, { number: 1 })
    expect(busy).toMatchObject({ kind: 'retry', afterMs: 5000 })
    expect(run).not.toHaveBeenCalled()
  })

  test('counts the attempts, whatever the queue has counted', async () => {
    const run = runWith({ kind: 'ack' })
    const { signal } = new AbortController()
    await withKeys(run, store(CLAIM), TIMES, LOG)(record, { number: 40, signal })
    expect(run.mock.calls[0]![1]).toMatchObject({ number: 3, signal })
  })

  test.each([
    { name: 'both', queue: true, keys: true, held: true },
    { name: 'the store, of a queue without leases', queue: undefined, keys: true, held: true },
    { name: 'the queue only', queue: true, keys: false, held: false },
    { name: 'the store only', queue: false, keys: true, held: false },
  ])('is asked for a longer lease: $name', async ({ queue, keys: ofKeys, held }) => {
    const keys = store(CLAIM)
    keys.extend.mockResolvedValue(ofKeys)
    const extend = queue === undefined ? {} : { extend: async () => queue }
    const run = vi.fn<Run>(async (_record, attempt) => {
      expect(await attempt.extend!(7000)).toBe(held)
      return { kind: 'ack' }
    })
    await withKeys(run, keys, TIMES, LOG)(record, { number: 1, ...extend })
    expect(run).toHaveResolvedWith({ kind: 'ack' })
    expect(keys.extend).toHaveBeenCalledWith(CLAIM, 7000)
  })

  test('that is away has the work tried again', async () => {
    const keys = store(CLAIM)
    keys.claim.mockRejectedValue(new Error('away'))
    const run = runWith({ kind: 'ack' })
    const verdict = await withKeys(run, keys, TIMES, LOG)(record, { number: 1 })
    expect(verdict).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('away') as string,
    })
    expect(run).not.toHaveBeenCalled()
  })

  test('that goes away meanwhile does not have it done again', async () => {
    const keys = store(CLAIM)
    keys.done.mockRejectedValue(new Error('away'))
    const verdict = await withKeys(
      runWith({ kind: 'ack' }),
      keys,
      TIMES,
      LOG,
    )(record, { number: 1 })
    expect(verdict).toEqual({ kind: 'ack' })
  })
})

describe('a replay', () => {
  const finished = async (keys: KeyStore) => {
    const inbox = createInbox(memory().engine, { keys })
    const { engine } = inbox
    for (const key of ['done', 'dead']) await engine.put({ ...record, key })
    const worker = await engine.work!(
      async ({ key }) => (key === 'done' ? { kind: 'ack' } : { kind: 'dead', reason: 'unfit' }),
      { concurrency: 2, leaseMs: 1000 },
    )
    await vi.waitFor(async () =>
      expect((await engine.dead!()[Symbol.asyncIterator]().next()).done).toBe(false),
    )
    await worker.stop()
    return inbox
  }

  test.each([
    { selection: { dead: true } as const, forgotten: ['dead'] },
    { selection: { keys: ['unknown', 'done'] }, forgotten: ['done'] },
    { selection: { since: 0 }, forgotten: ['done', 'dead'] },
    { selection: { since: 1 }, forgotten: [] },
  ])(
    'has the keys forgotten of what it puts back: $selection',
    async ({ selection, forgotten }) => {
      const keys = store('done')
      const inbox = await finished(keys)
      expect(await inbox.replay(selection)).toBe(forgotten.length)
      expect(keys.forget.mock.calls).toEqual(forgotten.map((key) => [key]))
    },
  )

  test('puts nothing back of which the key can not be forgotten', async () => {
    const keys = store('done')
    keys.forget.mockRejectedValueOnce(new Error('away'))
    const inbox = await finished(keys)
    await expect(inbox.replay({ dead: true })).rejects.toThrow('away')
    expect(await inbox.replay({ dead: true })).toBe(1)
  })

  test('of an engine that keeps its dead letters takes no records', async () => {
    const inbox = await finished(store('done'))
    await expect(inbox.replay({ records: [record] })).rejects.toThrow('itself')
  })
})

describe('a dead letter', () => {
  const dead = runWith({ kind: 'dead', reason: 'unfit' })
  const bury = vi.fn<NonNullable<Engine['bury']>>()
  const buried = (run: Run, attempt: Attempt) => {
    bury.mockClear()
    return withBurial(run, { bury } as Partial<Engine> as Engine)(record, attempt)
  }

  test('that could not be kept is given up for the first reason, without another run', async () => {
    bury.mockRejectedValueOnce(new Error('full'))
    const first = await withBurial(dead, { bury } as Partial<Engine> as Engine)(record, {
      number: 1,
    })
    expect(first).toMatchObject({ kind: 'retry', givenUp: 'unfit' })
    expect(first).toMatchObject({ reason: 'unfit; and it could not be kept: full' })
    const run = runWith({ kind: 'ack' })
    const second = await buried(run, { number: 2, givenUp: 'unfit' })
    expect(second).toEqual({ kind: 'dead', reason: 'unfit' })
    expect(run).not.toHaveBeenCalled()
    expect(bury.mock.calls).toEqual([[record, 'unfit']])
  })

  test('is not kept by one from whom the work was taken away', async () => {
    const verdict = await buried(dead, { number: 1, extend: async () => false })
    expect(verdict).toMatchObject({ kind: 'retry' })
    expect(verdict).not.toHaveProperty('givenUp')
    expect(bury).not.toHaveBeenCalled()
  })

  test.each([
    { name: 'has it', extend: async () => true },
    { name: "can't ask", extend: () => Promise.reject(new Error('away')) },
  ])('is kept by one who $name', async ({ extend }) => {
    const verdict = await buried(dead, { number: 1, extend })
    expect(verdict).toEqual({ kind: 'dead', reason: 'unfit' })
    expect(bury).toHaveBeenCalledTimes(1)
  })
})

describe('a store of keys that can not be used', () => {
  test('is told when it goes away while there is work, and when it is back, once each', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => void vi.useRealTimers())
    onTestFinished(() => warn.mockRestore())
    const keys = store(CLAIM)
    const run = withKeys(async () => ({ kind: 'ack' }), keys, TIMES, new StoreLog('The store'))
    keys.claim.mockRejectedValue(new Error('away'))
    for (let i = 0; i < 5; i++) {
      expect((await run(record, { number: 1 })).kind).toBe('retry')
      vi.advanceTimersByTime(600)
    }
    expect(warn).toHaveBeenCalledOnce()
    expect(warn.mock.calls[0]![0]).toMatch(/^The store gives this process no work: away/)
    keys.claim.mockResolvedValue(CLAIM)
    for (let i = 0; i < 2; i++) await run(record, { number: 1 })
    expect(warn).toHaveBeenCalledTimes(2)
  })

  test('is told by who works, and not by who only stores', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const keys = store(CLAIM)
    keys.claim.mockRejectedValue(new Error('away'))
    const inbox = createInbox(memory().engine, { keys })
    onTestFinished(() => inbox.close())
    await inbox.open()
    expect(keys.claim).not.toHaveBeenCalled()
    await inbox.work()
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        "memory works on nothing as long as its store of keys can't be used: away",
      ),
    )
  })
})
