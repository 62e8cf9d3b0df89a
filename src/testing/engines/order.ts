import type { Case } from './bench.ts'
import { expectEqual, sleep, until } from './checks.ts'

/** A time in nanoseconds: not every store's numbers hold it. */
const LATE = 1_764_288_000_123_456_768

export const ORDER: readonly Case[] = [
  {
    name: 'works on one order one after the other, as they came, and on others meanwhile',
    needs: ({ capabilities: { order } }) => (order ? undefined : 'It keeps no order'),
    async run(bench) {
      const records = Array.from({ length: 5 }, () => bench.record({ order: 'a' }))
      for (const record of records) await bench.put(record)
      const free = bench.record({ order: 'b' })
      await bench.put(free)
      let failed = false
      const { seen } = await bench.collect(7, async ({ record }) => {
        if (record.key !== records[1]!.key || failed) return { kind: 'ack' }
        failed = true
        return { kind: 'retry', afterMs: 300, reason: 'held up' }
      })
      const inOrder = seen
        .filter(({ record }) => record.order === 'a')
        .map(({ record }) => record.key)
      const expected = [0, 1, 1, 2, 3, 4].map((index) => records[index]!.key)
      expectEqual('the order', inOrder.join(), expected.join())
      expectEqual('the other', seen.filter(({ record }) => record.key === free.key).length, 1)
    },
  },
  {
    name: 'lets what is put back wait while another of its order is in work',
    needs: (engine) =>
      engine.capabilities.order && engine.dead && engine.replay
        ? undefined
        : 'It keeps no order, or nothing to put back',
    async run(bench) {
      const { engine, leaseMs } = bench
      await bench.put(bench.record({ order: 'a' }))
      const failing = await bench.collect(1, () => ({ kind: 'dead', reason: 'unfit' }))
      await bench.whenDead(1)
      await failing.stop()
      const [held, last] = [bench.record({ order: 'a' }), bench.record({ order: 'a' })]
      await bench.put(held)
      await bench.put(last)
      let finish!: () => void
      const finished = new Promise<void>((resolve) => (finish = resolve))
      const { seen } = await bench.collect(1, async ({ record, attempt }) => {
        if (record.key !== held.key) return { kind: 'ack' }
        const extend = () => void attempt.extend?.(leaseMs).catch(() => undefined)
        const extending = setInterval(extend, leaseMs / 4)
        await finished
        clearInterval(extending)
        return { kind: 'ack' }
      })
      expectEqual('the number put back', await engine.replay!({ dead: true }), 1)
      await sleep(1000)
      const inWork = seen.length
      finish()
      expectEqual('what is in work', inWork, 1)
      await until(() => seen.length === 3)
    },
  },
  {
    name: 'tells what is stale: of an order of which a higher sequence is done',
    needs: ({ capabilities: { sequence } }) => (sequence ? undefined : 'It does not tell'),
    async run(bench) {
      const records = [
        bench.record({ order: 'a', sequence: 1 }),
        bench.record({ order: 'a', sequence: 3 }),
        bench.record({ order: 'a', sequence: 2 }),
        bench.record({ order: 'a', sequence: 3 }),
        bench.record({ order: 'b', sequence: 2 }),
        bench.record({ order: 'a' }),
      ]
      for (const record of records) await bench.put(record)
      const { seen } = await bench.collect(records.length)
      const stale = new Map(seen.map(({ record, attempt }) => [record.key, attempt.stale ?? false]))
      const told = records.map(({ key }) => stale.get(key))
      expectEqual('what is stale', told.join(), 'false,false,true,false,false,false')
    },
  },
  {
    name: 'takes a sequence that is no safe integer, and works on what is beside it',
    async run(bench) {
      const late = bench.record({ order: 'a', sequence: LATE })
      const records = [bench.record(), late, bench.record()]
      for (const record of records) await bench.put(record)
      const { seen } = await bench.collect(records.length)
      const found = seen.find(({ record }) => record.key === late.key)
      expectEqual('the attempts', seen.map(({ attempt }) => attempt.number).join(), '1,1,1')
      if (!bench.engine.capabilities.sequence) return
      expectEqual('the sequence', found?.record.sequence, LATE)
      const earlier = bench.record({ order: 'a', sequence: 2 ** 53 })
      await bench.put(earlier)
      await until(() => seen.length > records.length)
      expectEqual('whether what came before it is stale', seen[3]?.attempt.stale, true)
    },
  },
]
