/** A few seeds of the rig on the engine that is there everywhere. `npm run faults` runs more, on the others too. */
import { describe, expect, test } from 'vitest'
import { runSeed } from './seed.ts'

describe('sqlite', { timeout: 120_000 }, () => {
  test.each([1, 2, 3, 4, 5])(
    'seed %i: nothing is lost, doubled, made up or stuck',
    async (seed) => {
      const { lost, double, ghost, stuck, problems, acked, kills } = await runSeed({
        seed,
        engine: 'sqlite',
        seconds: 10,
      })
      expect({ lost, double, ghost, stuck, problems }).toEqual({
        lost: [],
        double: [],
        ghost: [],
        stuck: 0,
        problems: [],
      })
      expect(acked).toBeGreaterThan(1000)
      expect(kills).toBeGreaterThan(0)
    },
  )
})
