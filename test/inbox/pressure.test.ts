import { describe, expect, test } from 'vitest'
import { Pressure } from '../../src/inbox/pressure.ts'

/** A store that takes so many milliseconds for each delivery, one after the other. */
function simulate({
  serviceMs,
  everyMs,
  forMs,
  limitMs,
}: Record<'serviceMs' | 'everyMs' | 'forMs' | 'limitMs', number>) {
  let now = 0
  const pressure = new Pressure(() => now)
  const queue: number[] = []
  const waits: number[] = []
  let refused = 0
  let freeAt = 0
  for (; now < forMs; now++) {
    while (queue.length > 0 && queue[0]! <= now) {
      queue.shift()
      pressure.leave()
    }
    if (now % everyMs !== 0) continue
    try {
      pressure.enter(limitMs)
      freeAt = Math.max(freeAt, now) + serviceMs
      queue.push(freeAt)
      waits.push(freeAt - now)
    } catch {
      refused++
    }
  }
  return { refused, accepted: waits.length, longestMs: Math.max(...waits) }
}

describe('pressure', () => {
  test('refuses nothing that a store keeps up with', () => {
    expect(simulate({ serviceMs: 5, everyMs: 6, forMs: 5000, limitMs: 1000 }).refused).toBe(0)
  })

  test('at five times the capacity, takes as much as the store can and lets none wait much longer than allowed', () => {
    const { accepted, longestMs } = simulate({
      serviceMs: 10,
      everyMs: 2,
      forMs: 20_000,
      limitMs: 1000,
    })
    expect(accepted).toBeGreaterThan(20_000 / 10)
    expect(longestMs).toBeLessThan(1500)
  })

  test('takes a burst after a quiet time: little asked for is not little that can be done', () => {
    let now = 0
    const pressure = new Pressure(() => now)
    pressure.enter(1000) // never idle, or the next one would begin anew
    for (; now < 5000; now += 110) {
      pressure.enter(1000)
      pressure.leave()
    }
    for (let i = 0; i < 200; i++) pressure.enter(1000)
  })

  test('refuses when nothing has come back for longer than is worth it', () => {
    let now = 0
    const pressure = new Pressure(() => now)
    for (let i = 0; i < 16; i++) pressure.enter(1000)
    now = 1001
    expect(() => pressure.enter(1000)).toThrow(
      expect.objectContaining({ code: 'ERR_OVERLOADED', retryAfterSeconds: 1 }),
    )
    pressure.enter(5000) // what is never sent again may wait for longer
    for (let i = 0; i < 17; i++) pressure.leave()
    pressure.enter(1000)
  })
})
