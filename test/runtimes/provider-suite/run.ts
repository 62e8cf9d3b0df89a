import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Verdict } from '../check.ts'
import { configureWorker } from '../project.ts'
import { environment, serveWorker, type SuiteRunner } from '../runtimes.ts'
import { start } from '../server.ts'
import { bundleSuite } from './bundle.ts'

/** Runs the suite of all providers on a runtime; what keeps it from running is a failure like any other. */
export async function runProviderSuite(runner: SuiteRunner): Promise<readonly Verdict[]> {
  try {
    const json = runner.script ? await runScript(runner.script) : await askWorker(runner.crypto)
    const verdicts = JSON.parse(json) as readonly Verdict[]
    return verdicts.length > 0 ? verdicts : [{ name: 'runs', failure: 'There is no verdict' }]
  } catch (error) {
    return [{ name: 'runs', failure: String(error) }]
  }
}

async function runScript([executable, ...args]: SuiteRunner['script'] & {}): Promise<string> {
  const file = await bundleSuite('script')
  const { stdout } = await promisify(execFile)(executable, [...args, file], {
    env: environment(),
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
}

async function askWorker(crypto: SuiteRunner['crypto'] = 'node'): Promise<string> {
  const name = await bundleSuite('worker')
  const server = await start((port) => serveWorker(configureWorker(name, ['nodejs_compat']), port))
  try {
    const response = await fetch(`${server.base}/${crypto}`)
    return await response.text()
  } finally {
    await server.stop()
  }
}
