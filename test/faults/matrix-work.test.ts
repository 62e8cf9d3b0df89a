/** Work that fails, never ends, or is more than usual. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { send } from './client.ts'
import { createScene, idsOf, post, postMany, postUntilAccepted } from './scene.ts'
import { countDone } from './sink.ts'
import { queryFile } from './sqlite-file.ts'
import { until } from './waiting.ts'

test('F28 what always fails is given up, and holds up nothing else', async () => {
  const scene = createScene({ acknowledge: 'stored', attempts: 4 })
  const receiver = await scene.start()
  const poison = idsOf('poison', 40)
  await postMany(receiver, poison, { do: 'fail' })
  const others = idsOf('other', 200)
  await postMany(receiver, others)
  await until('all others are done', () => countDone(scene.lines()).size === 200)
  await until('all are given up', () => scene.count(2) === 40)
  for (const id of poison) expect(scene.attempts(id)).toEqual([1, 2, 3, 4])
  expect(queryFile(scene.file, 'SELECT reason FROM inbox WHERE state = 2')).toContain(
    'always fails',
  )
})

test('F30 work that never ends is given up in time, and its place is free for others', async () => {
  const scene = createScene({ acknowledge: 'stored', workSeconds: 0.3, attempts: 2 })
  const receiver = await scene.start()
  // As many as are worked on at a time.
  await postMany(receiver, idsOf('stuck', 16), { do: 'stuck' })
  await post(receiver, 'other')
  await scene.done('other')
  await until('all are given up', () => scene.count(2) === 16)
  for (const id of idsOf('stuck', 16)) expect(scene.attempts(id)).toEqual([1, 2])
})

test('F31 work that fails when nobody waits for it any more: the process lives', async () => {
  const scene = createScene({ acknowledge: 'stored', workSeconds: 0.2, attempts: 2 })
  const receiver = await scene.start()
  await post(receiver, 'late', { do: 'reject-after-abort' })
  await until('it is given up', () => scene.count(2) === 1)
  expect((await post(receiver, 'other')).status).toBe(200)
  await scene.done('other')
  expect(scene.attempts('late')).toEqual([1, 2])
  expect(receiver.ended).toBeUndefined()
})

test.each([
  ['stored', 200],
  ['auto', 200],
  ['processed', 400],
] as const)(
  'F42 a torn body with the right signature, %s: %i, and given up',
  async (acknowledge, status) => {
    const scene = createScene({ acknowledge })
    const receiver = await scene.start()
    const torn = fromGitHub({ id: 'torn', body: '{"do":"wo' })
    expect((await send(receiver.port, torn)).status).toBe(status)
    await until('it is given up', () => scene.count(2) === 1)
    expect(scene.lines('torn')).toEqual([])
    const body = queryFile(scene.file, 'SELECT body FROM inbox') as Uint8Array
    expect(Buffer.from(body).toString()).toBe('{"do":"wo')
  },
)

test('F46 5000 that waited are all done, each once', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiving = await scene.start({ work: false })
  await postUntilAccepted(receiving, idsOf('waiting', 5000))
  expect(scene.lines()).toEqual([])
  await receiving.kill()
  await Promise.all([scene.start(), scene.start()])
  await until('all have their verdicts', () => scene.count(0) === 0, 45_000)
  const counts = countDone(scene.lines())
  expect(counts.size).toBe(5000)
  expect(new Set(counts.values())).toEqual(new Set([1]))
})

test('F47 the sweep forgets what is past its time, in small steps, and nothing that waits', async () => {
  const scene = createScene({
    acknowledge: 'stored',
    options: { windowSeconds: 86_400 },
    sweepMs: 50,
  })
  const receiving = await scene.start({ work: false })
  await postMany(receiving, idsOf('waiting', 50))
  const idle = median(await postMany(receiving, idsOf('idle', 400), {}, 4))
  await receiving.terminate()
  fillWithDone(scene.file, 6000)
  const receiver = await scene.start({ work: false })
  const left = new Set<number>()
  const sending = postMany(receiver, idsOf('swept', 400), {}, 4)
  await until('all that is past its time is gone', () => {
    left.add(scene.count(1))
    return left.has(0)
  })
  const swept = median(await sending)
  expect(scene.count(0)).toBe(50 + 400 + 400)
  // Between all and none, as somebody saw who did not look at each step.
  expect(left.size).toBeGreaterThan(4)
  expect(swept).toBeLessThan(2 * idle + 50)
  expect(queryFile(scene.file, 'PRAGMA integrity_check')).toBe('ok')
})

function median(answers: readonly { readonly status: number; readonly ms: number }[]): number {
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** As if they had been done two days ago. */
function fillWithDone(file: string, count: number): void {
  const database = new DatabaseSync(file)
  database.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})
    INSERT INTO inbox (key, state, due, changed, endpoint, received_at, head, body)
    SELECT 'old-' || n, 1, 0, (SELECT max(changed) FROM inbox) - 172800000, 'faults', 0, '{}', randomblob(500)
    FROM number`)
  database.close()
}
