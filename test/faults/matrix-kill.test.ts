/** A receiver that is killed: at every point of the way of a delivery, over and over, and by what it works on. */
import { expect, test } from 'vitest'
import { Random } from './random.ts'
import type { Receiver } from './receiver.ts'
import { accepted, createScene, post } from './scene.ts'
import { Sender } from './sender.ts'
import { countDone } from './sink.ts'
import { machineNow, pause, until } from './waiting.ts'

test('F1 kill -9 while deliveries come in: what was not acknowledged comes again, and is done once', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  let receiver = await scene.start()
  const sender = new Sender({ perSecond: 400, random: new Random(1), ports: () => [receiver.port] })
  const running = sender.run(2)
  for (let round = 0; round < 2; round++) {
    const before = sender.acked.size
    await until('it is in full flow', () => sender.acked.size > before + 100)
    await receiver.kill()
    receiver = await scene.start()
  }
  await running
  await sender.settled()
  expect(sender.acked.size).toBe(800)
  await until('all are done', () => countDone(scene.lines()).size === 800)
  // A verdict that was not written yet is the one reason to do it again.
  const again = [...countDone(scene.lines())].filter(([, times]) => times > 1)
  for (const [id] of again) expect(Math.max(...scene.attempts(id, 'done'))).toBeGreaterThan(1)
  expect(again.length).toBeLessThanOrEqual(2 * 16)
})

test('F2 kill -9 between the commit and the answer: it is known when it comes again', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await scene.start({ crash: { at: 'before-answer', passage: 1 } })
  expect((await post(receiver, 'a')).status).toBe(0)
  await receiver.exit
  const next = await scene.start()
  expect((await post(next, 'a')).status).toBe(200)
  await scene.done('a')
  await until('all have their verdicts', () => scene.count(0) === 0)
  expect(scene.attempts('a', 'done')).toHaveLength(1)
  expect(scene.count(1)).toBe(1)
})

test('F3 kill -9 in an effect: it runs again under the same key when the lease ends', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const receiver = await scene.start({ crash: { at: 'in-effect', passage: 1 } })
  await post(receiver, 'a')
  await receiver.exit
  const cutAt = machineNow()
  await scene.start()
  await scene.done('a')
  expect(scene.attempts('a')).toEqual([1, 2])
  const [, second] = scene.lines('a').filter(({ what }) => what === 'start')
  // The lease was taken before the end, and the start of a process takes its time.
  expect(second!.at - cutAt).toBeLessThan(2000 + 3000)
})

test('F4 kill -9 between an effect and its verdict: it runs again, and says so', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const receiver = await scene.start({ crash: { at: 'before-verdict', passage: 1 } })
  await post(receiver, 'a')
  await receiver.exit
  await scene.start()
  await until('it has its verdict', () => scene.count(1) === 1)
  expect(scene.attempts('a', 'done')).toEqual([1, 2])
})

test('F5 killed over and over: nothing is left behind', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1 })
  const random = new Random(5)
  let receiver: Receiver | undefined
  const ids: string[] = []
  for (let round = 0; round < 8; round++) {
    receiver = await scene.start()
    for (let i = 0; i < 20; i++) {
      const id = `${round}-${i}`
      if (accepted(await post(receiver, id, { ms: 20 }))) ids.push(id)
    }
    await pause(random.between(0, 50))
    if (round < 7) await receiver.kill()
  }
  expect(ids.length).toBe(160)
  await until('none is left', () => scene.count(0) === 0)
  expect(scene.count(1)).toBe(160)
})

test('F29 work that ends the process is given up like any other, for it is counted when it is given out', async () => {
  const scene = createScene({ acknowledge: 'stored', leaseSeconds: 0.5, attempts: 3 })
  let receiver = await scene.start()
  await post(receiver, 'poison', { do: 'exit' })
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await receiver.exit).toMatchObject({ code: 7 })
    receiver = await scene.start()
  }
  expect((await post(receiver, 'other')).status).toBe(200)
  await scene.done('other')
  await until('it is given up', () => scene.count(2) === 1)
  expect(scene.attempts('poison')).toEqual([1, 2, 3])
})
