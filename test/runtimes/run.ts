/** Starts each host, runs the behaviours against it and stops it. Arguments pick hosts by a part of their name. */
import { check, type Verdict } from './check.ts'
import { copyFiles, installPackage } from './project.ts'
import { runEngineSuite } from './engine-suite.ts'
import { runProviderSuite } from './provider-suite/run.ts'
import { engineRunners, runtimes, suiteRunners, type Runtime } from './runtimes.ts'
import { start } from './server.ts'

interface Prepared {
  readonly runtime: Runtime
  readonly prepared: Promise<void> | undefined
}

/** One after the other: hosts that share two cores with each other are slow to answer, not wrong. */
async function run({ runtime, prepared }: Prepared): Promise<readonly Verdict[]> {
  try {
    await prepared
    const server = await start(runtime.command)
    try {
      const verdicts = []
      for (const behaviour of runtime.behaviours) {
        verdicts.push(await check(behaviour, server.base, runtime.host))
      }
      if (runtime.prints) verdicts.push(printed(runtime.prints, server.output()))
      return verdicts
    } finally {
      await server.stop()
    }
  } catch (error) {
    return [{ name: 'starts', failure: String(error) }]
  }
}

function printed(text: string, output: string): Verdict {
  const name = 'the effect ran'
  return output.includes(text) ? { name } : { name, failure: `no "${text}" in ${output}` }
}

const wanted = process.argv.slice(2)
const isWanted = ({ name }: { readonly name: string }) =>
  wanted.length === 0 || wanted.some((part) => name.includes(part))

let passed = 0
let failed = 0

function count(name: string, verdicts: readonly Verdict[]): void {
  const failures = verdicts.filter(({ failure }) => failure !== undefined)
  passed += verdicts.length - failures.length
  failed += failures.length
  console.log(`${name}: ${verdicts.length - failures.length} passed, ${failures.length} failed`)
  for (const { name: what, failure } of failures)
    console.log(`  FAILED ${what}: ${failure?.slice(0, 2000)}`)
}

installPackage()
copyFiles()
// What takes long to make is made while the others run.
const entrants = runtimes.filter(isWanted).map((runtime): Prepared => {
  const prepared = runtime.prepare?.()
  prepared?.catch(() => undefined) // reported when its turn comes
  return { runtime, prepared }
})
for (const entrant of entrants) count(entrant.runtime.name, await run(entrant))
for (const runner of suiteRunners.filter(isWanted)) {
  count(runner.name, await runProviderSuite(runner))
}
for (const runner of engineRunners.filter(isWanted)) {
  count(runner.name, await runEngineSuite(runner))
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
