/**
 * A contest in a process of its own, so that what the code of one figure taught the compiler does not
 * touch the next: `contest-process.ts FILE BYTES ROUNDS`.
 */
import { pathToFileURL } from 'node:url'
import { run, type ContestModule } from './contest.ts'
import { forge } from './deliveries.ts'

const [file, bytes, rounds] = process.argv.slice(2) as [string, string, string]
const { contest } = (await import(pathToFileURL(file).href)) as ContestModule
const held = await contest(Number(bytes))
const results = await run(held, { forged: forge(held.body), rounds: Number(rounds) })
console.log(JSON.stringify(results))
