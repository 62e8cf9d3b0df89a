/** A receiver that is told to stop, and one that is stopped for a while without being told. */
import { expect, test } from 'vitest'
import { LONG_PATIENCE_MS } from './client.ts'
import { Random } from './random.ts'
import { openRaw } from '../support/wire.ts'
import { createScene, idsOf, post, postMany } from './scene.ts'
import { Sender } from './sender.ts'
import { countDone } from './sink.ts'
import { machineNow, pause, until } from './waiting.ts'

test('F6 SIGTERM in full flow: what is in flight is acknowledged, the rest is told to come again', async () => {
  const scene = createScene()
  const first = await scene.start()
  const second = await scene.start()
  let ports = [first.port, second.port]
  const sender = new Sender({
    perSecond: 300,
    random: new Random(6),
    ports: () => ports,
    patienceMs: LONG_PATIENCE_MS,
  })
  const running = sender.run(2)
  await until('it is in full flow', () => sender.acked.size > 100)
  const began = machineNow()
  const exit = first.terminate()
  ports = [second.port]
  expect(await exit).toEqual({ code: 0, signal: null })
  expect(machineNow() - began).toBeLessThan(8000)
  await running
  await sender.settled()
  // Connections that were idle, or not accepted yet, may find the door shut; nothing else goes wrong.
  const answers = [...sender.answers.keys()].filter(
    (answer) => !/^(200|503|ECONN\w+|EPIPE)$/.test(answer),
  )
  expect(answers).toEqual([])
  await until('all are done', () => scene.count(0) === 0 && scene.count(1) === sender.sent.size)
  expect(Math.max(...countDone(scene.lines()).values())).toBe(1)
})

test('F7 SIGTERM with an effect that never ends: it is cut off in time, and runs again elsewhere', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1, drainSeconds: 0.5 })
  const receiver = await scene.start()
  await post(receiver, 'stuck', { do: 'stuck' })
  await until('it has begun', () => scene.attempts('stuck').length === 1)
  const began = machineNow()
  expect(await receiver.terminate()).toEqual({ code: 1, signal: null })
  expect(machineNow() - began).toBeLessThan(3000)
  await scene.start()
  await until('it has begun again', () => scene.attempts('stuck').length === 2)
  expect(scene.attempts('stuck')).toEqual([1, 2])
})

test('F6 SIGTERM with connections that have never sent anything: they do not hold it up', async () => {
  const scene = createScene()
  const receiver = await scene.start()
  const unused = await Promise.all([openRaw(receiver.port), openRaw(receiver.port)])
  expect((await post(receiver, 'a')).status).toBe(200)
  const began = machineNow()
  expect(await receiver.terminate()).toEqual({ code: 0, signal: null })
  expect(machineNow() - began).toBeLessThan(4000)
  for (const { socket } of unused) socket.destroy()
})

test.each([
  ['SIGTERM', 'SIGTERM', 0],
  ['SIGINT', 'SIGTERM', 0],
  ['SIGINT', 'SIGINT', 130],
] as const)('F8 %s and then %s: it drains once, or ends at once', async (one, two, code) => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const receiver = await scene.start()
  await post(receiver, 'a', { ms: 600 })
  await until('it has begun', () => scene.attempts('a').length === 1)
  receiver.signal(one)
  await pause(100) // two signals at once may be one
  receiver.signal(two)
  expect(await receiver.exit).toEqual({ code, signal: null })
  expect(scene.attempts('a', 'done')).toHaveLength(code === 0 ? 1 : 0)
})

test('F34 frozen for a while, with work of its own: late, and complete', async () => {
  const scene = createScene()
  const receiver = await scene.start()
  const sender = new Sender({
    perSecond: 200,
    random: new Random(34),
    ports: () => [receiver.port],
  })
  const running = sender.run(2)
  await until('it is in full flow', () => sender.acked.size > 50)
  receiver.signal('SIGSTOP')
  await pause(1500)
  receiver.signal('SIGCONT')
  // And then by its own doing.
  await post(receiver, 'block', { do: 'block' })
  await running
  await sender.settled()
  expect(sender.acked.size).toBe(400)
  await until('all are done', () => scene.count(0) === 0 && scene.count(1) === 401)
  expect(Math.max(...countDone(scene.lines()).values())).toBe(1)
})

test('F34 frozen past the lease, alone: what it was at is not begun a second time beside it', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const receiver = await scene.start()
  const ids = idsOf('frozen', 8)
  await postMany(receiver, ids, { ms: 1500 })
  await until('all have begun', () => scene.lines().length === 8)
  receiver.signal('SIGSTOP')
  await pause(2000)
  receiver.signal('SIGCONT')
  await until('all have their verdicts', () => scene.count(1) === 8)
  expect(scene.lines().filter(({ what }) => what === 'done')).toHaveLength(8)
})

test('F34 frozen past the lease, with another beside it: its late verdicts count for nothing', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const frozen = await scene.start()
  await post(frozen, 'a', { ms: 300 })
  await until('it has begun', () => scene.attempts('a').length === 1)
  frozen.signal('SIGSTOP')
  await scene.start()
  await scene.done('a')
  await until('it has its verdict', () => scene.count(1) === 1)
  frozen.signal('SIGCONT')
  await until('the frozen one has ended its effect', () => scene.attempts('a', 'done').length === 2)
  expect((await post(frozen, 'b')).status).toBe(200)
  await scene.done('b')
  await until('both have their verdicts', () => scene.count(1) === 2)
  expect(scene.attempts('a')).toEqual([1, 2])
})
