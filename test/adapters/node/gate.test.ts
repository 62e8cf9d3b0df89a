import { expect, onTestFinished, test, vi } from 'vitest'
import { Gate } from '../../../adapters/lib/gate.ts'

const gateOf = (concurrency: number, maxWaiting: number) =>
  new Gate({ concurrency, maxWaiting, maxWaitMs: 1000 })

test('who waits too long is turned away, and its place in the queue is free', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const gate = gateOf(1, 1)
  expect(gate.enter()).toBe(true)
  const waiting = gate.enter()
  expect(gate.enter()).toBe(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await waiting).toBe(false)
  const next = gate.enter()
  gate.leave()
  expect(await next).toBe(true)
})

test('what comes only once goes before the rest', async () => {
  const gate = gateOf(1, 3)
  void gate.enter()
  const order: string[] = []
  const enter = async (name: string, once: boolean) => {
    if (await gate.enter(once)) order.push(name)
  }
  const entering = [enter('a', false), enter('once', true), enter('b', false)]
  for (let i = 0; i < 3; i++) {
    gate.leave()
    await Promise.resolve()
  }
  await Promise.all(entering)
  expect(order).toEqual(['once', 'a', 'b'])
})

test('what comes only once takes the place of the last that can come again', async () => {
  const gate = gateOf(1, 2)
  void gate.enter()
  const [first, last] = [gate.enter(), gate.enter()]
  const once = gate.enter(true)
  expect(await last).toBe(false)
  const another = gate.enter(true)
  expect(await first).toBe(false)
  expect(gate.enter(true)).toBe(false)
  expect(gate.enter()).toBe(false)
  gate.leave()
  expect(await once).toBe(true)
  gate.leave()
  expect(await another).toBe(true)
})
