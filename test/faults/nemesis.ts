/** Does harm by a schedule that a seed determines, one thing after the other. */
import type { Fleet } from './fleet.ts'
import type { Random } from './random.ts'
import { leaseMsOf, type CrashPoint } from './receiver-config.ts'
import type { Sender } from './sender.ts'
import type { Store } from './stores.ts'
import { machineNow, pause } from './waiting.ts'

export interface Victims {
  readonly fleet: Fleet
  readonly sender: Sender
  readonly store: Store
  readonly random: Random
}

type Harm = (victims: Victims) => Promise<void>

const CRASH_POINTS: readonly CrashPoint[] = ['before-answer', 'in-effect', 'before-verdict']

const HARMS: Readonly<Record<string, Harm>> = {
  kill: async ({ fleet, random }) => fleet.kill(random.between(0, fleet.size - 1)),
  crash: async ({ fleet, random }) =>
    fleet.crash(random.between(0, fleet.size - 1), {
      at: random.pick(CRASH_POINTS),
      passage: random.between(1, 60),
    }),
  terminate: async ({ fleet, random }) => fleet.terminate(random.between(0, fleet.size - 1)),
  freeze: async ({ fleet, store, random }) =>
    fleet.freeze(
      random.between(0, fleet.size - 1),
      leaseMsOf({}) + random.between(200, 800),
      store.lock !== undefined,
    ),
  duplicates: async ({ sender }) => sender.burst(50),
  async lock({ store, random }) {
    const unlock = await store.lock!()
    // Shorter than what is left of a lease: who can't renew it for longer loses its work to another.
    await pause(random.between(100, 1100))
    await unlock()
  },
  async broker({ store, fleet, random }) {
    const from = machineNow()
    const restart = await store.kill!()
    await pause(random.between(100, 800))
    await restart()
    fleet.cuts.push({ pid: undefined, from, to: machineNow(), kind: 'broker' })
  },
}

const COMMON_HARMS = 'kill kill kill crash crash crash terminate freeze duplicates'.split(' ')

/** Those that this store can suffer; the likelier ones more than once. */
function harmsFor(store: Store): readonly string[] {
  return [
    ...COMMON_HARMS,
    ...(store.lock ? ['lock'] : []),
    ...(store.kill ? ['broker', 'broker'] : []),
  ]
}

/** For as long; returns what was done, in its order. */
export async function harass(victims: Victims, seconds: number): Promise<readonly string[]> {
  const { random, store } = victims
  const harms = harmsFor(store)
  const end = machineNow() + seconds * 1000
  const done: string[] = []
  for (;;) {
    await pause(random.between(200, 900))
    if (machineNow() > end) return done
    // However slow the machine, there is one.
    const harm = done.length === 0 ? 'kill' : random.pick(harms)
    done.push(harm)
    await HARMS[harm]!(victims)
  }
}
