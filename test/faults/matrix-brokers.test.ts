/** The servers behind the other engines: away, away in mid-commit, slow, and shared by two receivers. */
import { expect, onTestFinished, test } from 'vitest'
import { hasRedis } from '../engines/redis.ts'
import { noPostgres } from '../engines/postgres.ts'
import type { EngineName } from './receiver-config.ts'
import {
  accepted,
  createScene,
  idsOf,
  post,
  postMany,
  postUntilAccepted,
  turnedAway,
  type Scene,
} from './scene.ts'
import { countDone } from './sink.ts'
import { createFolder, openStore, type Store } from './stores.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { until } from './waiting.ts'

const ENGINES: readonly { readonly engine: EngineName; readonly missing: string | undefined }[] = [
  { engine: 'pg-boss', missing: noPostgres },
  { engine: 'bullmq', missing: hasRedis() ? undefined : 'Redis is not installed' },
]

for (const { engine, missing } of ENGINES) {
  const brokerTest = test.skipIf(missing)
  const title = (text: string) => `${engine}: ${text}${missing ? ` (${missing})` : ''}`

  async function open(): Promise<{ scene: Scene; store: Store }> {
    const folder = createFolder()
    const store = await openStore(engine, folder.path)
    onTestFinished(() => store.close())
    return {
      scene: createScene({ engine, store: store.address, acknowledge: 'stored' }, folder),
      store,
    }
  }

  brokerTest(title('F17 away: 503, and it goes on when it is there again'), async () => {
    const { scene, store } = await open()
    const receiver = await scene.start()
    await post(receiver, 'before')
    await scene.done('before')
    const restart = await store.kill!()
    const answers = await postMany(receiver, idsOf('away', 20), {}, 20)
    expect(answers.filter((answer) => !turnedAway(answer))).toEqual([])
    await restart()
    await until('it takes deliveries again', async () => accepted(await post(receiver, 'after')))
    await postUntilAccepted(receiver, idsOf('away', 20))
    await until('none waits', async () => (await store.pending()) === 0)
    expectEachDoneOnce(scene, ['before', 'after', ...idsOf('away', 20)])
    expect(receiver.ended).toBeUndefined()
  })

  brokerTest(title("F17 away at the start: it does not serve what it can't store"), async () => {
    const { scene, store } = await open()
    await store.kill!()
    const receiver = scene.launch()
    expect((await receiver.exit).code).toBe(1)
    expect(receiver.output).not.toMatch(/^ready/m)
  })

  brokerTest(title('F18 slow: 503 in time, and done once all the same'), async () => {
    const { scene, store } = await open()
    const proxy = await TcpProxy.to(store.address)
    onTestFinished(() => proxy.close())
    const receiver = await scene.start({ store: proxy.address })
    await post(receiver, 'before')
    await scene.done('before')
    proxy.hold()
    const answers = await postMany(receiver, idsOf('slow', 20), {}, 20)
    // The provider waits 3 s.
    expect(answers.filter((answer) => !turnedAway(answer))).toEqual([])
    proxy.release()
    await until('it takes deliveries again', async () => accepted(await post(receiver, 'after')))
    await postUntilAccepted(receiver, idsOf('slow', 20))
    await until('none waits', async () => (await store.pending()) === 0)
    expectEachDoneOnce(scene, ['before', 'after', ...idsOf('slow', 20)])
  })

  brokerTest(
    title('F20 its answer is lost: told as a duplicate when it comes again, and done once'),
    async () => {
      const { scene, store } = await open()
      const proxy = await TcpProxy.to(store.address)
      onTestFinished(() => proxy.close())
      const receiver = await scene.start({ store: proxy.address, work: false })
      await post(receiver, 'before')
      proxy.cutAnswers()
      expect(await post(receiver, 'lost')).toSatisfy(turnedAway)
      proxy.release()
      await until('it takes it again', async () => accepted(await post(receiver, 'lost')))
      await receiver.terminate()
      await scene.start()
      await until('none waits', async () => (await store.pending()) === 0)
      expectEachDoneOnce(scene, ['before', 'lost'])
    },
  )

  brokerTest(title('F23 two receivers: each delivery is done once'), async () => {
    const { scene, store } = await open()
    const one = await scene.start()
    const other = await scene.start()
    const ids = idsOf('both', 200)
    const answers = await Promise.all([postMany(one, ids, {}, 16), postMany(other, ids, {}, 16)])
    expect(answers.flat().filter(accepted)).toHaveLength(400)
    await until('none waits', async () => (await store.pending()) === 0)
    expectEachDoneOnce(scene, ids)
  })
}

function expectEachDoneOnce(scene: Scene, ids: readonly string[]): void {
  const counts = countDone(scene.lines())
  expect(ids.filter((id) => counts.get(id) !== 1)).toEqual([])
}
