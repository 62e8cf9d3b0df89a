/** Runs the published suite of engines on the SQLite that the runtime brings, and prints the verdicts as JSON. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from 'webhook-target/engines/sqlite'
import { engineConformance } from 'webhook-target/testing'

const folder = mkdtempSync(join(tmpdir(), 'sqlite-'))
let file = ''
let count = 0
const cases = await engineConformance({
  create: async () => sqlite((file = join(folder, `${++count}.db`))).engine,
  again: async () => sqlite(file).engine,
})
const verdicts: { readonly name: string; readonly failure?: string }[] = []
for (const { name, skip, run } of cases) {
  if (skip) continue
  try {
    await run()
    verdicts.push({ name })
  } catch (error) {
    verdicts.push({ name, failure: String(error) })
  }
}
rmSync(folder, { recursive: true })
console.log(JSON.stringify(verdicts))
