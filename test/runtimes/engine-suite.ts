import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Verdict } from './check.ts'
import { project } from './project.ts'
import { environment, type EngineRunner } from './runtimes.ts'

/** Runs the suite of engines on a runtime; what keeps it from running is a failure like any other. */
export async function runEngineSuite({ command }: EngineRunner): Promise<readonly Verdict[]> {
  const [executable, ...args] = command
  try {
    const { stdout } = await promisify(execFile)(executable, args, {
      cwd: project,
      env: environment(),
    })
    const verdicts = JSON.parse(stdout) as readonly Verdict[]
    return verdicts.length > 0 ? verdicts : [{ name: 'runs', failure: 'There is no verdict' }]
  } catch (error) {
    return [{ name: 'runs', failure: String(error) }]
  }
}
