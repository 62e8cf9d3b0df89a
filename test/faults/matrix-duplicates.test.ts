/** Deliveries that come more than once: one after the other, at once, to two receivers, after a restart, or forged. */
import { expect, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { send } from './client.ts'
import { accepted, createScene, idsOf, post, postMany } from './scene.ts'
import { countDone } from './sink.ts'
import { until } from './waiting.ts'

test('F21 three times, one after the other: done once, and acknowledged each time', async () => {
  const scene = createScene()
  const receiver = await scene.start()
  for (let time = 0; time < 3; time++) expect((await post(receiver, 'a')).status).toBe(200)
  await until('it has its verdict', () => scene.count(1) === 1)
  expect(scene.attempts('a')).toEqual([1])
})

test.each(['auto', 'stored', 'processed'] as const)(
  'F22 50 at once, %s: done once',
  async (acknowledge) => {
    const scene = createScene({ acknowledge })
    const receiver = await scene.start()
    const answers = await postMany(
      receiver,
      Array.from({ length: 50 }, () => 'a'),
      { ms: 100 },
      50,
    )
    expect(answers.filter(accepted)).toHaveLength(50)
    await until('it has its verdict', () => scene.count(1) === 1)
    expect(scene.attempts('a')).toEqual([1])
  },
)

test('F23 to two receivers on one store: each is done once', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const [one, other] = await Promise.all([scene.start(), scene.start()])
  const ids = idsOf('both', 500)
  const answers = await Promise.all([postMany(one, ids, {}, 16), postMany(other, ids, {}, 16)])
  expect(answers.flat().filter(accepted)).toHaveLength(1000)
  await until('all have their verdicts', () => scene.count(1) === 500)
  expect(new Set(countDone(scene.lines()).values())).toEqual(new Set([1]))
  expect(new Set(scene.lines().map(({ pid }) => pid)).size).toBe(2)
})

test('F24 while the first is in work: acknowledged, and not done twice', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await scene.start()
  await post(receiver, 'a', { ms: 400 })
  await until('it has begun', () => scene.attempts('a').length === 1)
  expect((await post(receiver, 'a')).status).toBe(200)
  await until('it has its verdict', () => scene.count(1) === 1)
  expect(scene.attempts('a')).toEqual([1])
})

test.each([false, true])('F25 after it was given up, with revive %s', async (revive) => {
  const scene = createScene({ acknowledge: 'stored', attempts: 2, options: { revive } })
  const receiver = await scene.start()
  await post(receiver, 'a', { do: 'fail' })
  await until('it is given up', () => scene.count(2) === 1)
  expect((await post(receiver, 'a', { do: 'fail' })).status).toBe(200)
  // Whatever comes after it is worked on after it.
  await post(receiver, 'b')
  await scene.done('b')
  if (revive) await until('it is given up again', () => scene.attempts('a').length === 4)
  expect(scene.attempts('a')).toEqual(revive ? [1, 2, 1, 2] : [1, 2])
})

test('F27 forged, before the genuine one of the same id: the genuine one is done', async () => {
  const scene = createScene()
  const receiver = await scene.start()
  const forged = await send(receiver.port, fromGitHub({ id: 'a', secret: 'guessed', body: '{}' }))
  expect(forged.status).toBe(401)
  expect((await post(receiver, 'a')).status).toBe(200)
  await scene.done('a')
  expect(scene.attempts('a')).toEqual([1])
})

test('F33 after a restart: all that were done are still known', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const ids = idsOf('kept', 300)
  let receiver = await scene.start()
  await postMany(receiver, ids)
  await until('all have their verdicts', () => scene.count(1) === 300)
  await receiver.kill()
  receiver = await scene.start()
  expect((await postMany(receiver, ids)).filter(accepted)).toHaveLength(300)
  await post(receiver, 'after')
  await scene.done('after')
  await until('none waits', () => scene.count(0) === 0)
  expect(new Set(countDone(scene.lines()).values())).toEqual(new Set([1]))
})
