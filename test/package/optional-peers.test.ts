import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/entries.ts'
import { installed } from './pack.ts'

/** Outside the repository, whose node_modules has the peers. */
const project = mkdtempSync(join(tmpdir(), 'optional-peers-'))
afterAll(() => rmSync(project, { recursive: true }))
cpSync(installed, join(project, 'node_modules/webhook-target'), { recursive: true })
writeFileSync(join(project, 'package.json'), '{ "type": "module" }')

const COMPILERS = {
  'TypeScript 6': 'node_modules/typescript/bin/tsc',
  'TypeScript 5.9': '.cache/typescript/node_modules/ts59/bin/tsc',
  'TypeScript 7': '.cache/typescript/node_modules/ts7/bin/tsc',
}

/** Without the peers payloads are unknown: not an error, and not `any` either. */
const USE = `
import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { stripe } from 'webhook-target/providers/stripe'

export const push = createWebhookHandler({
  provider: github({ secret: 'a' }),
  on: { 'pull_request.opened': (event) => void event.data, '*': () => undefined },
})
export const charge = createWebhookHandler({
  provider: stripe({ secret: 'a' }),
  on: {
    'charge.failed'(event) {
      // @ts-expect-error unknown has no members
      return void event.data.id
    },
  },
})
`

describe.each(Object.entries(COMPILERS))('without optional peers, %s', (_, compiler) => {
  test.runIf(existsSync(root + compiler)).each([false, true])('skipLibCheck %s', (skipLibCheck) => {
    writeFileSync(join(project, 'index.ts'), USE)
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(tsconfig(skipLibCheck)))
    const { stdout, status } = spawnSync(process.execPath, [root + compiler, '-p', project], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })
})

function tsconfig(skipLibCheck: boolean) {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'webworker'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck,
    types: [],
  }
  return { compilerOptions, files: ['index.ts'] }
}
