import { messageOf } from '../../errors.ts'
import type { Engine } from '../../inbox/engine.ts'
import type { Case } from './bench.ts'
import { expectEqual, hex, randomBytes, sleep, until } from './checks.ts'

const exactDelays = ({ capabilities: { retryAfter } }: Engine) =>
  retryAfter === 'exact' ? undefined : `Its delays are ${retryAfter}`
const lists = (engine: Engine) =>
  engine.dead && engine.replay ? undefined : 'It does not list its dead letters'

/** What becomes of a record is what its verdict says. */
export const VERDICTS: readonly Case[] = [
  {
    name: 'tries again, not before the time that the verdict says, and counts the attempts',
    needs: exactDelays,
    async run(bench) {
      await bench.put(bench.record())
      const times: number[] = []
      const { seen } = await bench.collect(3, ({ attempt }) => {
        times.push(performance.now())
        return attempt.number < 3
          ? { kind: 'retry', afterMs: 1500, reason: 'later' }
          : { kind: 'ack' }
      })
      expectEqual('the attempts', seen.map(({ attempt }) => attempt.number).join(), '1,2,3')
      const waits = times.slice(1).map((time, index) => time - times[index]!)
      // The clocks of two processes may differ by a little.
      expectEqual(
        'waits long enough',
        waits.every((wait) => wait >= 1400),
        true,
      )
    },
  },
  {
    name: 'tries again at once',
    async run(bench) {
      await bench.put(bench.record())
      const { seen } = await bench.collect(2, ({ attempt }) =>
        attempt.number < 2 ? { kind: 'retry', afterMs: 0, reason: 'now' } : { kind: 'ack' },
      )
      expectEqual('the attempts', seen.map(({ attempt }) => attempt.number).join(), '1,2')
    },
  },
  {
    name: 'lists what was given up, with the reason, and puts it back to work',
    needs: lists,
    async run(bench) {
      const record = bench.record({ body: randomBytes(100) })
      await bench.put(record)
      let ruin = true
      const { seen } = await bench.collect(1, () =>
        ruin ? { kind: 'dead', reason: 'unfit' } : { kind: 'ack' },
      )
      const dead = await bench.whenDead(1)
      expectEqual('the reason', dead[0]?.reason, 'unfit')
      expectEqual('the key', dead[0]?.record.key, record.key)
      expectEqual('the body', hex(dead[0]?.record.body), hex(record.body))
      ruin = false
      expectEqual('the number replayed', await bench.engine.replay!({ dead: true }), 1)
      await until(() => seen.length === 2)
      expectEqual('the attempt after it', seen[1]?.attempt.number, 1)
      await bench.whenDead(0)
    },
  },
  {
    name: 'puts one record back to work by its key, though it is done',
    needs: lists,
    async run(bench) {
      const [record, other] = [bench.record(), bench.record()]
      await bench.put(record)
      await bench.put(other)
      const { seen } = await bench.collect(2)
      await until(async () => (await bench.engine.replay!({ keys: [record.key] })) === 1)
      await until(() => seen.length === 3)
      expectEqual('the key', seen[2]?.record.key, record.key)
      expectEqual('an unknown key', await bench.engine.replay!({ keys: [bench.record().key] }), 0)
    },
  },
  {
    name: 'tells the keys of what it puts back before that is worked on, and waits',
    needs: lists,
    async run(bench) {
      const [done, ruined] = [bench.record(), bench.record()]
      await bench.put(done)
      await bench.put(ruined)
      const first = await bench.collect(2, ({ record }) =>
        record.key === ruined.key ? { kind: 'dead', reason: 'unfit' } : { kind: 'ack' },
      )
      await first.stop()
      const { seen } = await bench.collect(0)
      const replay = (before: (keys: readonly string[]) => Promise<void>) =>
        bench.engine.replay!({ since: 0 }, { before })
      const refused = await replay(async () => {
        throw new Error('not yet')
      }).catch(messageOf)
      expectEqual('a refusal', refused, 'not yet')
      const told = new Set<string>()
      let early = false
      const count = await replay(async (keys) => {
        for (const key of keys) told.add(key)
        await sleep(50)
        early ||= seen.some(({ record }) => keys.includes(record.key))
      })
      expectEqual('the number replayed', count, 2)
      expectEqual('the keys', [...told].toSorted().join(), [done.key, ruined.key].toSorted().join())
      expectEqual('work before', early, false)
      await until(() => seen.length === 2)
    },
  },
]
