import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { entries, manifest, root, type Entry } from '../../scripts/entries.ts'
import { consumer, installed } from './pack.ts'

/** CI installs the others there; they are not devDependencies, because each wants to be `tsc`. */
const COMPILERS = {
  'TypeScript 6': 'node_modules/typescript/bin/tsc',
  'TypeScript 5.9': '.cache/typescript/node_modules/ts59/bin/tsc',
  'TypeScript 7': '.cache/typescript/node_modules/ts7/bin/tsc',
}

describe.each(Object.entries(COMPILERS))('the declarations under %s', (_, compiler) => {
  const isAdapter = ({ source }: Entry) => source.startsWith('adapters/')

  test.runIf(existsSync(root + compiler)).each([
    { name: 'src', files: entries().filter((entry) => !isAdapter(entry)), types: [] },
    { name: 'adapters', files: entries().filter(isAdapter), types: ['node'] },
  ])('of $name', ({ name, files, types }) => {
    expect(check(compiler, name, files, types)).toEqual([])
  })
})

/** Errors of a project that imports all these entries, except those in other packages' declarations. */
function check(compiler: string, name: string, files: readonly Entry[], types: readonly string[]) {
  const project = `${consumer}${name}/`
  mkdirSync(project, { recursive: true })
  const lines = files.map(({ specifier }, i) => `export * as entry${i} from '${specifier}'`)
  writeFileSync(`${project}index.ts`, `${lines.join('\n')}\nexport {}\n`)
  writeFileSync(`${project}tsconfig.json`, JSON.stringify(tsconfig(types)))
  const { stdout } = spawnSync(process.execPath, [root + compiler, '-p', project], {
    cwd: consumer,
    encoding: 'utf8',
  })
  return stdout
    .split('\n')
    .filter((line) => /^(node_modules\/webhook-target|src|adapters)\/|^error/.test(line))
}

function tsconfig(types: readonly string[]) {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'webworker'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types,
  }
  return { compilerOptions, files: ['index.ts'] }
}

test('the exported names are these', async () => {
  const paths = entries().map(({ output }) => `${installed}dist/${output}.d.ts`)
  const program = ts.createProgram(paths, { module: ts.ModuleKind.NodeNext, types: ['node'] })
  const checker = program.getTypeChecker()
  const names: Record<string, readonly string[]> = {}
  for (const { specifier, output } of entries()) {
    const file = program.getSourceFile(`${installed}dist/${output}.d.ts`)
    const symbol = file && checker.getSymbolAtLocation(file)
    const values = Object.keys(await import(`${installed}dist/${output}.js`))
    names[specifier] = (symbol ? checker.getExportsOfModule(symbol) : [])
      .map(({ name }) => (values.includes(name) ? name : `type ${name}`))
      .toSorted()
  }
  expect(names).toMatchSnapshot()
})

test('declarations name only packages that this one depends on', () => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const foreign = entries().flatMap(({ output }) =>
    ts
      .preProcessFile(readFileSync(`${installed}dist/${output}.d.ts`, 'utf8'))
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => !/^(\.|node:)/.test(name) && !declared.includes(name)),
  )
  expect(foreign).toEqual([])
})
