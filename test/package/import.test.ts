import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { entries } from '../../scripts/entries.ts'
import { consumer } from './pack.ts'

const UNDICI = 'NativeModule internal/deps/undici/undici'

/** The built-in modules that a new Node process has loaded after this code. */
function loadedBy(code: string): readonly string[] {
  const script = `${code}; process.stdout.write(JSON.stringify(process.moduleLoadList))`
  const args = ['--input-type=module', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: consumer, encoding: 'utf8' }))
}

// Node's own Fetch takes 26 to 49 ms to load, and loads when one of its globals is first read.
// A static import of node:http does that too, since it reads every export: `http.WebSocket` is one.
test('reading Response loads undici', () => {
  expect(loadedBy('Response')).toContain(UNDICI)
})

test.each([
  'webhook-target',
  'webhook-target/providers/github',
  'webhook-target/adapters/node',
  'webhook-target/adapters/cloud-functions',
])('importing %s does not load undici', (specifier) => {
  expect(loadedBy(`await import('${specifier}')`)).not.toContain(UNDICI)
})

const importable = entries().filter(({ source }) => source.startsWith('src/'))

test.each(importable)('$specifier can be imported, and required', ({ specifier }) => {
  const script = `
    import { createRequire } from 'node:module'
    const required = createRequire(import.meta.url)('${specifier}')
    if ((await import('${specifier}')) !== required) throw new Error('two copies')`
  const args = ['--input-type=module', '--eval', script]
  execFileSync(process.execPath, args, { cwd: consumer })
})
