/** For runtimes that run a file: prints the verdicts. */
import { runSuite } from './suite.ts'

console.log(JSON.stringify(await runSuite('node')))
