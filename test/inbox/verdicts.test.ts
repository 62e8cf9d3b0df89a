import { createWebhookHandler, retry, type Effects, type ProviderDefinition } from 'webhook-target'
import { memory } from 'webhook-target/engines/memory'
import type { Attempt, InboxRecord, Run, Verdict } from 'webhook-target/inbox'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { InboxOptions } from 'webhook-target/inbox'
import { exchange, fetchDoor } from '../support/doors.ts'
import { patched, recorded } from '../support/inboxes.ts'
import { recorder } from '../support/reports.ts'
import { acme, fromAcme } from '../support/senders.ts'

/** What the engine is told of a delivery that it gives out for the nth time. */
async function verdictOf(
  on: Effects<Record<string, unknown>>,
  attempt: Attempt,
  {
    options = {},
    provider = {},
    later = on,
  }: {
    options?: InboxOptions
    provider?: Partial<ProviderDefinition>
    later?: Effects<Record<string, unknown>>
  } = {},
) {
  const inbox = memory(options)
  const records = recorded(inbox)
  const { telemetry, reports } = recorder()
  const create = (effects: Effects<Record<string, unknown>>, into = inbox) =>
    createWebhookHandler({ provider: acme(provider), inbox: into, telemetry, on: effects })
  await exchange(fetchDoor, create(on), fromAcme())
  // Another process, perhaps of a later release, does the work.
  let run!: Run
  const worker = patched(memory(options), {
    async work(given) {
      run = given
      return { stop: async () => {} }
    },
  })
  create(later, worker)
  await worker.work()
  onTestFinished(() => worker.close())
  const verdict = await run(records[0] as InboxRecord, attempt)
  return { verdict, report: reports.at(-1)! }
}

const failing = () => {
  throw new Error('down')
}

describe('the verdict', () => {
  test('is ack for what is done', async () => {
    const { verdict, report } = await verdictOf({ made: () => {} }, { number: 2 })
    expect(verdict).toEqual({ kind: 'ack' })
    expect(report).toMatchObject({ outcome: 'done', status: 0, attempt: 2 })
  })

  test('is another attempt for a throw, after a wait that grows and varies', async () => {
    const options = { backoff: { baseSeconds: 4, maxSeconds: 10 } }
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => void vi.restoreAllMocks())
    const waits: number[] = []
    for (const number of [1, 2, 3, 4]) {
      const { verdict } = await verdictOf({ made: failing }, { number }, { options })
      waits.push((verdict as Verdict & { afterMs: number }).afterMs)
    }
    expect(waits).toEqual([2000, 4000, 5000, 5000])
  })

  test('is another attempt when the handler says', async () => {
    const made = () => retry({ afterSeconds: 90, reason: 'busy' })
    const { verdict } = await verdictOf({ made }, { number: 1 })
    expect(verdict).toEqual({ kind: 'retry', afterMs: 90_000, reason: 'busy' })
  })

  test.each([
    [{}, 12],
    [{ acknowledge: { retries: false } }, 20],
  ])('is dead after the last attempt, by %j', async (provider, last) => {
    const before = await verdictOf({ made: failing }, { number: last - 1 }, { provider })
    expect(before.verdict.kind).toBe('retry')
    const { verdict, report } = await verdictOf({ made: failing }, { number: last }, { provider })
    expect(verdict).toMatchObject({
      kind: 'dead',
      reason: expect.stringContaining('down') as string,
    })
    expect(report).toMatchObject({
      outcome: 'dead',
      attempt: last,
      error: { code: 'ERR_HANDLER_FAILED' },
    })
  })

  test('is dead without another run if attempts have ended with their process', async () => {
    const effect = vi.fn()
    const made = () => void effect()
    const options = { attempts: 3 }
    const { verdict, report } = await verdictOf({ made }, { number: 4 }, { options })
    expect(verdict.kind).toBe('dead')
    expect(report).toMatchObject({ outcome: 'dead', attempt: 4, type: 'made' })
    expect(effect).not.toHaveBeenCalled()
  })

  test('is dead at once for what does not fit its schema', async () => {
    const issues = { issues: [{ message: 'no' }] }
    const schema = { '~standard': { version: 1, vendor: 'test', validate: () => issues } } as const
    const provider = { schemas: { made: schema } } as Partial<ProviderDefinition>
    const { verdict } = await verdictOf({ made: () => {} }, { number: 1 }, { provider })
    expect(verdict.kind).toBe('dead')
  })

  test('is dead, and never ack, for an effect that is gone', async () => {
    const effects = { made: { relay: () => {} } }
    const { verdict, report } = await verdictOf(
      effects,
      { number: 1 },
      { later: { made: () => {} } },
    )
    expect(report).toMatchObject({ outcome: 'dead', effect: 'relay' })
    expect(verdict).toMatchObject({
      kind: 'dead',
      reason: expect.stringContaining('relay') as string,
    })
  })

  test('is another attempt for a handler that this process does not have', async () => {
    let run!: Run
    const inbox = patched(memory(), {
      async work(given) {
        run = given
        return { stop: async () => {} }
      },
    })
    const { telemetry, reports } = recorder()
    await inbox.work({ telemetry })
    const head = '{"type":"made","id":"7"}'
    const record = { key: 'k', endpoint: 'gone', receivedAt: 0, head, body: new Uint8Array() }
    expect((await run(record, { number: 1 })).kind).toBe('retry')
    expect((await run(record, { number: 12 })).kind).toBe('dead')
    const reason = expect.stringContaining('No handler in this process has the name gone') as string
    const common = { provider: 'gone', key: 'k', type: 'made', id: '7', reason }
    expect(reports).toMatchObject([
      { ...common, outcome: 'retry', attempt: 1 },
      { ...common, outcome: 'dead', attempt: 12 },
    ])
  })
})

describe('what has to be committed', () => {
  test('is so when the effect has ended well, and before anything is said of it', async () => {
    const steps: string[] = []
    const commit = async () => void steps.push('commit')
    const made = async () => void steps.push('effect')
    const { verdict, report } = await verdictOf({ made }, { number: 1, commit })
    expect(steps).toEqual(['effect', 'commit'])
    expect(verdict).toEqual({ kind: 'ack' })
    expect(report).toMatchObject({ outcome: 'done', attempt: 1 })
  })

  test.each([
    ['a throw', failing],
    ['retry()', () => retry()],
  ])('is not after %s', async (_name, made) => {
    const commit = vi.fn(async () => {})
    const { verdict } = await verdictOf({ made }, { number: 1, commit })
    expect(verdict.kind).toBe('retry')
    expect(commit).not.toHaveBeenCalled()
  })

  test('and could not be is a failed attempt, with its wait and its reason', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => void vi.restoreAllMocks())
    const commit = () => Promise.reject(new Error('aborted'))
    const made = () => {}
    const options = { attempts: 3, backoff: { baseSeconds: 4 } }
    const second = await verdictOf({ made }, { number: 2, commit }, { options })
    expect(second.verdict).toMatchObject({ kind: 'retry', afterMs: 4000 })
    const error = { code: 'ERR_HANDLER_FAILED', message: expect.stringContaining('aborted') }
    expect(second.report).toMatchObject({ outcome: 'unavailable', error })
    const last = await verdictOf({ made }, { number: 3, commit }, { options })
    const reason = expect.stringContaining('aborted') as string
    expect(last.verdict).toMatchObject({ kind: 'dead', reason })
    expect(last.report).toMatchObject({ outcome: 'dead', attempt: 3, reason })
  })

  test('and takes longer than workSeconds is waited for: what is committed is done', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const commit = () => new Promise<void>((resolve) => setTimeout(resolve, 70_000))
    const options = { workSeconds: 60 }
    const pending = verdictOf({ made: () => {} }, { number: 1, commit }, { options })
    await vi.advanceTimersByTimeAsync(71_000)
    expect((await pending).verdict.kind).toBe('ack')
  })
})

describe('what is stale', () => {
  test('is acknowledged without being worked on', async () => {
    const effect = vi.fn()
    const options = { order: () => 'a', sequence: () => 1 }
    const made = () => void effect()
    const { verdict, report } = await verdictOf({ made }, { number: 1, stale: true }, { options })
    expect(verdict).toEqual({ kind: 'ack' })
    expect(report).toMatchObject({
      outcome: 'dropped',
      reason: expect.stringContaining('later') as string,
    })
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('the lease', () => {
  test('is renewed while the work takes, and its loss aborts the work', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const extend = vi.fn<(ms: number) => Promise<boolean>>(async () => true)
    let signalOf: AbortSignal | undefined
    const aborted = new Promise<void>((resolve) => {
      void verdictOf(
        {
          made: (_event, { signal }) =>
            new Promise<void>((done) => {
              signalOf = signal
              signal.addEventListener('abort', () => (resolve(), done()))
            }),
        },
        { number: 1, extend },
        { options: { leaseSeconds: 3 } },
      )
    })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(extend.mock.calls.length).toBeGreaterThan(5)
    expect(extend).toHaveBeenCalledWith(3000)
    extend.mockRejectedValueOnce(new Error('away for a moment'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(signalOf?.aborted).toBe(false)
    extend.mockResolvedValueOnce(false)
    await vi.advanceTimersByTimeAsync(1000)
    await aborted
  })

  test('of work that never ends is given up after workSeconds', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    let signal: AbortSignal | undefined
    const made = (_event: unknown, context: { signal: AbortSignal }) => {
      ;({ signal } = context)
      return new Promise<void>(() => {})
    }
    const pending = verdictOf({ made }, { number: 1 }, { options: { workSeconds: 60 } })
    await vi.advanceTimersByTimeAsync(61_000)
    await vi.advanceTimersByTimeAsync(61_000)
    expect((await pending).verdict.kind).toBe('retry')
    expect(signal!.aborted).toBe(true)
  })
})
