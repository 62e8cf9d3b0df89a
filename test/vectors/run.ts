/** `npm run vectors -- FILE...`: sends the vectors of the files, by default all that lie beside this one. */
import { globSync } from 'node:fs'
import { check, type Verdict } from './check.ts'
import { readVectors, type Vector } from './vector.ts'

const { argv } = process
const files = argv.length > 2 ? argv.slice(2) : globSync(`${import.meta.dirname}/*.json`).toSorted()
const count = { passed: 0, failed: 0, skipped: 0 }

for (const file of files) {
  for await (const { id, verdict } of verdictsOf(file)) {
    count[verdict.kind]++
    if (verdict.kind !== 'passed') console.log(`${verdict.kind} ${id}: ${verdict.reason}`)
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed > 0 ? 1 : 0

async function* verdictsOf(file: string): AsyncIterable<{ id: string; verdict: Verdict }> {
  let vectors: readonly Vector[] = []
  try {
    vectors = readVectors(file)
  } catch (error) {
    // A file that can't be read is a failure like any other.
    yield { id: file, verdict: { kind: 'failed', reason: (error as Error).message } }
  }
  for (const vector of vectors) yield { id: vector.id, verdict: await check(vector) }
}
