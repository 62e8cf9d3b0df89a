import type { Attempt, Engine, Run, Verdict } from '../../inbox/engine.ts'
import type { Case } from './bench.ts'
import { expectEqual, sleep, until } from './checks.ts'

const pulls = (engine: Engine) => (engine.work ? undefined : 'It has no leases of its own')

/** A record has one worker at a time, and never none for long. */
export const LEASES: readonly Case[] = [
  {
    name: 'works on 200 records, each once, with two workers',
    needs: pulls,
    async run(bench) {
      const records = Array.from({ length: 200 }, () => bench.record())
      const other = await bench.another()
      const counts = new Map<string, number>()
      const run: Run = async ({ key }) => {
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return { kind: 'ack' }
      }
      await bench.work(run)
      await bench.work(run, other)
      await Promise.all(records.map((record) => bench.put(record)))
      await until(() => counts.size === records.length)
      expectEqual('the most runs of one', Math.max(...counts.values()), 1)
    },
  },
  {
    name: 'gives the work of a worker that is gone to another, and ignores its late verdict',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      let thaw!: (verdict: Verdict) => void
      const frozen = new Promise<Verdict>((resolve) => (thaw = resolve))
      // One at a time, for what is frozen asks for nothing more.
      const first = await bench.collect(1, () => frozen, bench.engine, 1)
      const other = await bench.another()
      const second = await bench.collect(
        1,
        () => ({ kind: 'retry', afterMs: 3_600_000, reason: 'held' }),
        other,
      )
      expectEqual('the attempt of the other', second.seen[0]?.attempt.number, 2)
      thaw({ kind: 'dead', reason: 'too late' })
      await Promise.all([first.stop(), second.stop()])
      if (bench.engine.dead) expectEqual('dead letters', (await bench.whenDead(0)).length, 0)
    },
  },
  ...(['retry', 'extension'] as const).map((late): Case => ({
    name: `leaves the work to the one that has it, whatever late ${late} comes from the one before`,
    needs: pulls,
    async run(bench) {
      const { leaseMs } = bench
      await bench.put(bench.record())
      let thaw!: () => void
      const frozen = new Promise<void>((resolve) => (thaw = resolve))
      let thawed = false
      let extended: boolean | undefined
      const former = await bench.collect(
        1,
        async ({ attempt }) => {
          await frozen
          if (late === 'extension') extended = await isExtended(attempt, leaseMs * 10)
          thawed = true
          return { kind: 'retry', afterMs: 0, reason: 'too late' }
        },
        bench.engine,
        1,
      )
      let finish!: () => void
      const finished = new Promise<void>((resolve) => (finish = resolve))
      const holder = await bench.collect(
        1,
        async ({ attempt }) => {
          const extending = setInterval(() => void isExtended(attempt, leaseMs), leaseMs / 4)
          await finished
          clearInterval(extending)
          return { kind: 'ack' }
        },
        await bench.another(),
        1,
      )
      thaw()
      await until(() => thawed)
      await former.stop()
      const third = await bench.work(
        async () => ({ kind: 'dead', reason: 'begun again' }),
        await bench.another(),
      )
      await sleep(leaseMs * 3)
      finish()
      await Promise.all([holder.stop(), third.stop()])
      expectEqual('the attempt of the holder', holder.seen[0]?.attempt.number, 2)
      expectEqual('the runs', former.seen.length + holder.seen.length, 2)
      if (late === 'extension') expectEqual('the late extension', extended, false)
      if (bench.engine.dead) expectEqual('dead letters', (await bench.whenDead(0)).length, 0)
    },
  })),
  {
    name: 'leaves the work to a worker that extends its lease',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      const { leaseMs } = bench
      let ended = false
      const first = await bench.collect(1, async ({ attempt }) => {
        for (let i = 0; i < 6; i++) {
          await sleep(leaseMs / 3)
          await attempt.extend?.(leaseMs)
        }
        ended = true
        return { kind: 'ack' }
      })
      const other = await bench.another()
      const second = await bench.work(async () => ({ kind: 'ack' }), other)
      await until(() => ended)
      await Promise.all([first.stop(), second.stop()])
      expectEqual('the runs', first.seen.length, 1)
    },
  },
  {
    name: 'stops when what is under way has its verdict',
    needs: pulls,
    async run(bench) {
      await bench.put(bench.record())
      let finish!: () => void
      const working = new Promise<void>((resolve) => (finish = resolve))
      const worker = await bench.collect(1, async () => {
        await working
        return { kind: 'dead', reason: 'settled while stopping' }
      })
      const stopping = worker.stop()
      finish()
      await stopping
      if (bench.engine.dead) expectEqual('verdicts', (await bench.whenDead(1)).length, 1)
    },
  },
]

/** An engine may resolve with false or reject. */
async function isExtended({ extend }: Attempt, ms: number): Promise<boolean> {
  try {
    return (await extend?.(ms)) !== false && extend !== undefined
  } catch {
    return false
  }
}
