/** A wall clock that somebody sets, forth and back and by years, while a receiver runs. */
import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { fakeClock, missing, titled } from './privileged.ts'
import { accepted, createScene, idsOf, post, postMany } from './scene.ts'
import { countDone } from './sink.ts'
import { createFolder } from './stores.ts'
import type { Receiver } from './receiver.ts'
import { until } from './waiting.ts'

const noFake = missing('faketime')
const HOUR_MS = 3_600_000

test.skipIf(noFake)(
  titled('F32 a clock that jumps: no lease ends early, and no duplicate is forgotten', noFake),
  async () => {
    const folder = createFolder()
    onTestFinished(() => folder.remove())
    const clock = fakeClock(folder.path)
    writeFileSync(clock.file, '+0')
    const scene = createScene({ acknowledge: 'stored', leaseSeconds: 1, sweepMs: 50 })
    let receiver = await scene.start({}, { env: clock.env })
    const ids = idsOf('known', 50)
    await postMany(receiver, ids)
    await until('all have their verdicts', () => scene.count(1) === 50)

    const jumps = [
      ['+1h', HOUR_MS],
      ['-1h', -HOUR_MS],
      ['+3650d', 3650 * 24 * HOUR_MS],
    ] as const
    for (const [offset, ms] of jumps) {
      const id = `across ${offset}`.replace(' ', '-')
      await post(receiver, id, { ms: 1500 })
      await until('it has begun', () => scene.attempts(id).length === 1)
      writeFileSync(clock.file, offset)
      await until(
        'its clock has jumped',
        async () => Math.abs((await clockOf(receiver)) - ms) < 10_000,
      )
      expect((await postMany(receiver, ids)).filter(accepted)).toHaveLength(50)
      await scene.done(id)
      // And one that starts at this time.
      await receiver.terminate()
      receiver = await scene.start({}, { env: clock.env })
      expect((await postMany(receiver, ids)).filter(accepted)).toHaveLength(50)
    }
    await post(receiver, 'after')
    await scene.done('after')
    await until('none waits', () => scene.count(0) === 0)
    expect(new Set(countDone(scene.lines()).values())).toEqual(new Set([1]))
  },
)

/** How far its wall clock is ahead of ours, in milliseconds. */
async function clockOf({ port }: Receiver): Promise<number> {
  const { headers } = await fetch(`http://127.0.0.1:${port}/health`)
  return Date.parse(headers.get('date')!) - Date.now()
}
