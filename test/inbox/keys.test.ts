import { describe, expect, test, vi } from 'vitest'
import type { KeyStore, Run, Verdict } from 'webhook-target/inbox'
import { withKeys } from '../../src/inbox/keys.ts'

const record = { key: 'k', endpoint: 'e', receivedAt: 0, head: '{}', body: new Uint8Array() }
const OPTIONS = { leaseMs: 5000, keepMs: 60_000 }

function store(claim: Awaited<ReturnType<KeyStore['claim']>>) {
  const claimed = vi.fn<KeyStore['claim']>(async () => claim)
  return { claim: claimed, done: vi.fn(async () => {}), release: vi.fn(async () => {}) }
}
const runWith = (verdict: Verdict) => vi.fn<Run>(async () => verdict)

describe('a store of keys', () => {
  test.each([
    [{ kind: 'ack' }, 'done'],
    [{ kind: 'dead', reason: 'unfit' }, 'done'],
    [{ kind: 'retry', afterMs: 1, reason: 'later' }, 'release'],
  ] as const)('is told what became of the work: %j is %s', async (verdict, call) => {
    const keys = store('claimed')
    expect(await withKeys(runWith(verdict), keys, OPTIONS)(record, { number: 1 })).toBe(verdict)
    expect(keys.claim).toHaveBeenCalledWith('k', 5000)
    expect(keys.done.mock.calls).toEqual(call === 'done' ? [['k', 60_000]] : [])
    expect(keys.release.mock.calls).toEqual(call === 'release' ? [['k']] : [])
  })

  test('has what is done acknowledged, and what is busy tried again, without a run', async () => {
    const run = runWith({ kind: 'ack' })
    expect(await withKeys(run, store('done'), OPTIONS)(record, { number: 1 })).toEqual({
      kind: 'ack',
    })
    const busy = await withKeys(run, store('busy'), OPTIONS)(record, { number: 1 })
    expect(busy).toMatchObject({ kind: 'retry', afterMs: 5000 })
    expect(run).not.toHaveBeenCalled()
  })

  test('that is away has the work tried again', async () => {
    const keys = store('claimed')
    keys.claim.mockRejectedValue(new Error('away'))
    const run = runWith({ kind: 'ack' })
    const verdict = await withKeys(run, keys, OPTIONS)(record, { number: 1 })
    expect(verdict).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('away') as string,
    })
    expect(run).not.toHaveBeenCalled()
  })

  test('that goes away meanwhile does not have it done again', async () => {
    const keys = store('claimed')
    keys.done.mockRejectedValue(new Error('away'))
    const verdict = await withKeys(runWith({ kind: 'ack' }), keys, OPTIONS)(record, { number: 1 })
    expect(verdict).toEqual({ kind: 'ack' })
  })
})
