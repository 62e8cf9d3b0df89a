/**
 * Harms running receivers by random schedules and counts what was lost or done twice:
 * `npm run faults -- [--seeds 5] [--engine sqlite|pg-boss|bullmq] [--seconds 10] [--seed 7]`. One seed replays a run.
 */
import { parseArgs } from 'node:util'
import type { EngineName } from './receiver-config.ts'
import { list, runSeed, type SeedResult } from './seed.ts'

const ENGINES: readonly string[] = ['sqlite', 'pg-boss', 'bullmq'] satisfies readonly EngineName[]

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    seed: { type: 'string' },
    engine: { type: 'string', default: 'sqlite' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    broken: { type: 'string' },
  },
})
if (!ENGINES.includes(values.engine)) {
  console.error(`No engine ${values.engine}; there are ${ENGINES.join(', ')}`)
  process.exit(2)
}
const engine = values.engine as EngineName
const [seconds, perSecond] = [Number(values.seconds), Number(values.rate)]
const { broken } = values
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)
    : [Number(values.seed)]

const total = { acked: 0, kills: 0, passed: 0, failed: 0 }
for (const seed of seeds) {
  const result = await runSeed({
    seed,
    engine,
    seconds,
    perSecond,
    ...(broken !== undefined && { broken }),
  })
  report(result)
  total.acked += result.acked
  total.kills += result.kills
  total[result.passed ? 'passed' : 'failed']++
}
console.log(`${total.acked} acknowledged, ${total.kills} kills`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0

function report(result: SeedResult): void {
  const { seed, replicas, acked, kills, duplicates, rerunsAfterCut, harms } = result
  const { lost, double, ghost, stuck } = result
  console.log(
    `seed ${seed} ${engine} x${replicas}: acked ${acked}, kills ${kills}, duplicates ${duplicates}, ` +
      `reruns after a cut ${rerunsAfterCut}, ` +
      `LOST ${lost.length} DOUBLE ${double.length} GHOST ${ghost.length} STUCK ${stuck}` +
      `  (${harms.join(' ')})`,
  )
  if (result.passed) return
  for (const [name, ids] of Object.entries({ lost, double, ghost })) {
    if (ids.length > 0) console.log(`  ${name}: ${list(ids)}`)
  }
  for (const problem of result.problems) console.log(`  ${problem}`)
  const options = `--engine ${engine} --seconds ${seconds} --rate ${perSecond} --seed ${seed}`
  console.log(`  npm run faults -- ${options}${broken === undefined ? '' : ` --broken ${broken}`}`)
}
