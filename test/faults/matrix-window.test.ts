/** A duplicate at the edge of the time for which what was done is known. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { accepted, createScene, post } from './scene.ts'
import { until } from './waiting.ts'

const WEEK_MS = 7 * 86_400_000
const MINUTE_MS = 60_000

test('F26 a minute before a week is over a duplicate is known, a minute after it is new', async () => {
  // The window is the one that everybody has who says nothing.
  const scene = createScene({ acknowledge: 'stored', sweepMs: 50 })
  const receiver = await scene.start()
  for (const id of ['within', 'past']) {
    expect(await post(receiver, id)).toSatisfy(accepted)
    await scene.done(id)
  }
  await until('both have their verdicts', () => scene.count(1) === 2)
  await receiver.terminate()
  age(scene.file, 'within', WEEK_MS - MINUTE_MS)
  age(scene.file, 'past', WEEK_MS + MINUTE_MS)

  const later = await scene.start()
  // The sweep that forgets the one has seen the other.
  await until('one of them is forgotten', () => scene.count(1) < 2)
  for (const id of ['within', 'past']) expect(await post(later, id)).toSatisfy(accepted)
  await until('the new one is done', () => scene.attempts('past', 'done').length === 2)
  await until('none waits', () => scene.count(0) === 0)
  expect(scene.attempts('within')).toEqual([1])
  expect(scene.attempts('past')).toEqual([1, 1])
})

/** As if it had been done so much earlier. The clock that counts here is the machine's, which nobody sets. */
function age(file: string, id: string, ms: number): void {
  const database = new DatabaseSync(file)
  const { changes } = database
    .prepare('UPDATE inbox SET changed = changed - ? WHERE state = 1 AND instr(head, ?) > 0')
    .run(ms, `"${id}"`)
  database.close()
  expect(changes).toBe(1)
}
