import { createWebhookHandler, type MemoryAdmissionOptions } from 'webhook-target'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { exchange, partsDoor } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme } from '../support/senders.ts'

function open(dedupe?: MemoryAdmissionOptions) {
  const worked: (string | undefined)[] = []
  const waiting: (() => void)[] = []
  let hold = false
  const handler = createWebhookHandler({
    provider: acme(),
    on: {
      made({ id }) {
        worked.push(id)
        return hold ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined
      },
    },
    telemetry: silent,
    ...(dedupe && { dedupe }),
  })
  const send = (id: string) => exchange(partsDoor, handler, fromAcme({ id }))
  return {
    worked,
    send,
    /** Effects wait from now on, until they are released. */
    hold: () => {
      hold = true
    },
    release: () => {
      hold = false
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

/** The window is one of monotonic time: of the same clock that the budget runs on. */
beforeEach(
  () => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] }),
)
afterEach(() => vi.useRealTimers())

describe('window', () => {
  test.each([
    ['a day unless set', undefined, 86_400],
    ['what is set', { windowSeconds: 60 }, 60],
  ] as const)('lasts %s', async (_, dedupe, seconds) => {
    const { send, worked } = open(dedupe)
    await send('a')
    vi.advanceTimersByTime(seconds * 1000 - 1)
    await send('a')
    expect(worked).toEqual(['a'])
    vi.advanceTimersByTime(1)
    await send('a')
    expect(worked).toEqual(['a', 'a'])
  })

  test('begins when the work is done, and a duplicate does not move it', async () => {
    const { send, worked } = open({ windowSeconds: 60 })
    await send('a')
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(20_000)
      await send('a')
    }
    expect(worked).toEqual(['a', 'a'])
  })

  test('a step of the system clock ends no window', async () => {
    const { send, worked } = open({ windowSeconds: 60 })
    await send('a')
    vi.setSystemTime(Date.now() + 10 * 365 * 86_400_000)
    await send('a')
    expect(worked).toEqual(['a'])
  })
})

describe('entries', () => {
  test('past the limit the oldest finished ones are forgotten first', async () => {
    const { send, worked } = open({ maxEntries: 3 })
    for (const id of ['a', 'b', 'c', 'd']) await send(id)
    for (const id of ['d', 'c', 'b']) await send(id)
    expect(worked).toEqual(['a', 'b', 'c', 'd'])
    await send('a')
    expect(worked).toEqual(['a', 'b', 'c', 'd', 'a'])
  })

  test('what is in work is never forgotten for room', async () => {
    const { send, worked, hold, release } = open({ maxEntries: 2 })
    hold()
    const first = [send('a'), send('b'), send('c'), send('d')]
    await vi.advanceTimersByTimeAsync(1)
    const again = [send('a'), send('b'), send('c'), send('d')]
    await vi.advanceTimersByTimeAsync(1)
    release()
    for (const { status } of await Promise.all([...first, ...again])) expect(status).toBe(200)
    expect(worked).toEqual(['a', 'b', 'c', 'd'])
  })

  test('many events, failed and done, leave the newest known', async () => {
    const { send, worked } = open({ maxEntries: 100, windowSeconds: 60 })
    for (let i = 0; i < 1000; i++) {
      await send(`e${i}`)
      vi.advanceTimersByTime(10)
    }
    expect(worked).toHaveLength(1000)
    for (let i = 900; i < 1000; i++) await send(`e${i}`)
    expect(worked).toHaveLength(1000)
    await send('e899')
    expect(worked).toHaveLength(1001)
  })
})

describe('work that is lost', () => {
  test('may begin again after a time, and its late end changes nothing', async () => {
    const { send, worked, hold, release } = open({ inWorkSeconds: 30 })
    hold()
    const lost = send('a')
    await vi.advanceTimersByTimeAsync(29_000)
    expect((await lost).status).toBe(503)
    const waiting = send('a')
    await vi.advanceTimersByTimeAsync(10_000)
    expect((await waiting).status).toBe(503)
    expect(worked).toEqual(['a'])
    const second = send('a')
    await vi.advanceTimersByTimeAsync(1)
    expect(worked).toEqual(['a', 'a'])
    release()
    expect((await second).status).toBe(200)
    expect((await send('a')).status).toBe(200)
    expect(worked).toEqual(['a', 'a'])
  })
})
