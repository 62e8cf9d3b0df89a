import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { formatMessage } from 'publint/utils'
import { publint } from 'publint'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { entries, root } from '../../scripts/entries.ts'
import { installed, tarball } from './pack.ts'

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

test('types resolve as the code does, wherever ES modules can be imported', () => {
  const attw = `${root}node_modules/.bin/attw`
  const specifiers = entries().map(({ specifier }) => specifier)
  const args = [
    tarball,
    '--profile',
    'esm-only',
    '--format',
    'json',
    '--entrypoints',
    ...specifiers,
  ]
  const { stdout } = spawnSync(process.execPath, [attw, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024, // a megabyte by default, which the analysis of all entries exceeds
  })
  const { analysis } = JSON.parse(stdout) as { analysis: Analysis }
  expect(Object.keys(analysis.entrypoints)).toHaveLength(specifiers.length)
  const withoutModules = ['node10', 'node16-cjs']
  expect(
    analysis.problems.filter(({ resolutionKind = '' }) => !withoutModules.includes(resolutionKind)),
  ).toEqual([])
})

interface Analysis {
  readonly entrypoints: object
  readonly problems: readonly { readonly kind: string; readonly resolutionKind?: string }[]
}

test.each(entries())(
  '$specifier ships its code, its types and its source',
  ({ output, source }) => {
    const files = [`dist/${output}.js`, `dist/${output}.js.map`, `dist/${output}.d.ts`, source]
    expect(files.filter((file) => !existsSync(installed + file))).toEqual([])
  },
)

// Without the prefix, Deno and Workers don't find them, and node:sqlite does not exist at all.
test('built-in modules are imported with their prefix', () => {
  const files = globSync('dist/**/*.js', { cwd: installed })
  const bare = files.flatMap((file) =>
    ts
      .preProcessFile(readFileSync(installed + file, 'utf8'))
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => builtinModules.includes(name) && !name.startsWith('node:')),
  )
  expect(bare).toEqual([])
})
