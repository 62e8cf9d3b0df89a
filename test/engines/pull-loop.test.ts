/** What holds for every store that work is pulled from, when it fails in a way that no real one does at will. */
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { InboxRecord, Verdict } from 'webhook-target/inbox'
import { PullLoop, type Claim, type PullSource } from '../../src/engines/lib/pull-loop.ts'

interface Numbered extends Claim {
  readonly number: number
}

/** Gives out what is pushed to it. */
class Source implements PullSource<Numbered> {
  readonly name = 'acme'
  readonly waiting: Numbered[] = []
  readonly settled: (readonly [number: number, kind: Verdict['kind']])[] = []
  claims = 0
  /** Why a claim fails now. */
  gone: Error | undefined
  /** Verdicts that it does not take. */
  failures = 0
  untilDue = () => 5
  async claim(limit: number) {
    this.claims++
    if (this.gone) throw this.gone
    return this.waiting.splice(0, limit)
  }
  async settle({ number }: Numbered, { kind }: Verdict) {
    this.settled.push([number, kind])
    if (this.failures-- > 0) throw new Error('It is locked')
  }
}

const claimOf = (record: InboxRecord, number: number): Numbered => ({
  record,
  number,
  attempt: { number },
})
let count = 0
const record = (): InboxRecord => ({
  key: `key-${++count}`,
  endpoint: 'test',
  receivedAt: 1_700_000_000_000,
  head: '{}',
  body: new Uint8Array(10),
})
const options = { concurrency: 4, leaseMs: 1000 }
const done = async () => ({ kind: 'ack' }) as const

describe('work that is pulled', () => {
  test('what is claimed again while it is held goes on, and ends under the new claim', async () => {
    const source = new Source()
    const one = record()
    source.waiting.push(claimOf(one, 1))
    let finish!: () => void
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const run = vi.fn(async () => (await finished, { kind: 'ack' } as const))
    const loop = new PullLoop(source, run, options)
    await vi.waitFor(() => expect(run).toHaveBeenCalledOnce())
    source.waiting.push(claimOf(one, 2))
    await vi.waitFor(() => expect(source.waiting).toEqual([]))
    await new Promise((resolve) => setTimeout(resolve, 20))
    finish()
    await vi.waitFor(() => expect(source.settled).toEqual([[2, 'ack']]))
    await loop.stop()
    expect(run).toHaveBeenCalledOnce()
  })

  test('a verdict that is not written is written later, and the work is not done again', async () => {
    const source = new Source()
    source.waiting.push(claimOf(record(), 1))
    source.failures = 2
    const run = vi.fn(done)
    const loop = new PullLoop(source, run, options)
    await vi.waitFor(() => expect(source.settled).toHaveLength(3), 3000)
    await loop.stop()
    expect(source.settled).toEqual([
      [1, 'ack'],
      [1, 'ack'],
      [1, 'ack'],
    ])
    expect(run).toHaveBeenCalledOnce()
  })
})

describe('a worker that does not get through to its store', () => {
  const warn = vi.spyOn(console, 'warn')
  const lines = () => warn.mock.calls.map((call) => String(call))
  beforeEach(() => void warn.mockReset().mockReturnValue())

  function working() {
    vi.useFakeTimers()
    const source = new Source()
    const loop = new PullLoop(source, done, options)
    onTestFinished(async () => {
      const stopped = loop.stop()
      await vi.advanceTimersByTimeAsync(10_000)
      await stopped
      vi.useRealTimers()
    })
    return { source, during: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
  }

  test('says so once, with the cause, and once that it does again', async () => {
    const { source, during } = working()
    source.gone = new Error('connect ECONNREFUSED\n127.0.0.1:5432')
    await during(10_000)
    expect(source.claims).toBeGreaterThan(30)
    expect(lines()).toEqual([
      expect.stringMatching(/^acme .* no work: connect ECONNREFUSED 127\.0\.0\.1:5432\. .*room/),
    ])
    source.gone = undefined
    await during(2000)
    expect(lines().slice(1)).toEqual([expect.stringMatching(/^acme .*again/)])
    source.gone = new Error('gone once more')
    await during(10_000)
    expect(lines().slice(2)).toEqual([expect.stringContaining('gone once more')])
  })

  test('names the code of an error that has no message', async () => {
    const { source, during } = working()
    source.gone = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
    await during(5000)
    expect(lines()).toEqual([expect.stringContaining('ECONNREFUSED')])
  })

  test('says nothing of what is over in a moment', async () => {
    const { source, during } = working()
    for (let i = 0; i < 10; i++) {
      source.gone = new Error('locked')
      await during(600)
      source.gone = undefined
      await during(600)
    }
    expect(lines()).toEqual([])
  })

  test('says so once if no verdict is taken, though it is given work', async () => {
    const { source, during } = working()
    source.waiting.push(...[1, 2, 3].map((number) => claimOf(record(), number)))
    source.failures = 60
    await during(3000)
    expect(lines()).toEqual([expect.stringMatching(/^acme .*verdict.*It is locked/)])
    source.failures = 0
    await during(1000)
    expect(lines().slice(1)).toEqual([expect.stringMatching(/^acme .*again/)])
  })
})
