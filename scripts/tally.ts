import type { Reporter } from 'vitest/node'

/** Ends a run of vitest with the line that CI adds up: `12 passed, 0 failed`. */
export default class Tally implements Reporter {
  onTestRunEnd(...[modules]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    let passed = 0
    let failed = 0
    for (const module of modules) {
      // A file that can't be collected has no tests, and is one failure.
      failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        if (state === 'failed') failed++
      }
    }
    console.log(`${passed} passed, ${failed} failed`)
  }
}
