import { describe, expect, test } from 'vitest'
import { redisKeys } from 'webhook-target/keys/redis'
import { memory } from 'webhook-target/engines/memory'
import type { InboxOptions } from 'webhook-target/inbox'
import { compileOptions } from '../../src/inbox/options.ts'

const compile = (options: InboxOptions) =>
  compileOptions('memory', memory().engine.capabilities, options)

describe('the options of an inbox', () => {
  test.each<[InboxOptions, string]>([
    [{ concurrency: Infinity }, 'concurrency'],
    [{ concurrency: 2.5 }, 'concurrency'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: NaN }, 'concurrency'],
    [{ attempts: 2.5 }, 'attempts'],
    [{ workSeconds: Infinity }, 'workSeconds'],
    [{ workSeconds: 2_147_484 }, 'workSeconds'],
    [{ leaseSeconds: Infinity }, 'leaseSeconds'],
    [{ leaseSeconds: 1e7 }, 'leaseSeconds'],
    [{ leaseSeconds: 0 }, 'leaseSeconds'],
    [{ backoff: { baseSeconds: Infinity } }, 'backoff.baseSeconds'],
    [{ backoff: { maxSeconds: 1e9 } }, 'backoff.maxSeconds'],
  ])('%o is refused', (options, name) => {
    expect(() => compile(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION_INVALID',
        message: expect.stringMatching(`^${name} is `) as string,
      }),
    )
  })

  test('may be as long as a timer counts, and attempts may have no end', () => {
    const longest = compile({ workSeconds: 2_147_483, leaseSeconds: 2_147_483, attempts: Infinity })
    expect(longest).toMatchObject({
      workMs: 2_147_483_000,
      leaseMs: 2_147_483_000,
      attempts: Infinity,
    })
  })

  test('have a lease in whole milliseconds, as stores count', () => {
    expect(compile({ leaseSeconds: 1 / 3 }).leaseMs).toBe(333)
    expect(compile({ leaseSeconds: 0.0001 }).leaseMs).toBe(1)
    expect(compile({ leaseSeconds: 1.1 }).leaseMs).toBe(1100)
  })

  test('keep keys for ever, in a figure that stores can count to', async () => {
    const { keepKeysMs, leaseMs } = compile({ keepKeysSeconds: Infinity })
    const calls: unknown[][] = []
    const client = { eval: async (...call: unknown[]) => void calls.push(call) }
    await redisKeys(client).claim('k', { leaseMs, keepMs: keepKeysMs })
    expect(calls[0]!.at(-1)).toMatch(/^\d+$/)
  })
})
