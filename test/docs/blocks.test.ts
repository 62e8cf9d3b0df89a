/** Every code block of the documentation is checked as what it claims to be. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { globSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
/** Inside the project, so that the package's name leads to its sources. */
const FOLDER = join(ROOT, `.cache/doc-blocks-${process.pid}`)

interface Block {
  /** `README.md:12` */
  readonly place: string
  readonly page: string
  readonly language: string
  readonly code: string
}

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })]
const blocks = pages.flatMap(readBlocks)

function readBlocks(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length + 1}`,
    page,
    language: language!,
    code: code!,
  }))
}

const written = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language))

/** What the blocks import of the reader's own application. */
const APPLICATION = {
  'deploy.ts': `
    export declare function deploy(commit: string, options: { key: string; signal: AbortSignal }): Promise<void>
    export declare function startDeployment(options: { key: string; signal: AbortSignal }): Promise<void>
    export declare function isReady(): Promise<boolean>`,
  'tenant-store.ts': `
    export declare function findTenant(id: string | undefined): Promise<{ stripeSecret: string } | undefined>`,
}

/** The provider of the guide is where the package would have it; here it is beside the other blocks. */
const NEW_PROVIDER = "'webhook-target/providers/parcels'"
/** What it takes from the tests of all providers. */
const SHARED = { 'sample.ts': 'test/providers/sample.ts' }

/** A block that begins with the name of a file is that file, for the others of its page to import. */
function toFile({ place, page, code }: Block): { readonly file: string; readonly place: string } {
  const [, name = `block-${place.split(':')[1]}.ts`] = /^\/\/ ([\w-]+\.ts)\n/.exec(code) ?? []
  const file = join(FOLDER, page.replaceAll(/\W/g, '-'), name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code.replace(NEW_PROVIDER, "'./parcels.ts'"))
  return { file, place }
}

function typeCheck(): Map<string, string[]> {
  const files = written('ts').map(toFile)
  for (const [name, source] of Object.entries(SHARED)) {
    writeFileSync(join(FOLDER, name), `export * from '${join(ROOT, source)}'`)
  }
  for (const folder of new Set(files.map(({ file }) => dirname(file)))) {
    for (const [name, code] of Object.entries(APPLICATION)) writeFileSync(join(folder, name), code)
  }
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT)
  const program = ts.createProgram(
    [...files.map(({ file }) => file), join(ROOT, 'examples/worker-configuration.d.ts')],
    options,
  )
  return new Map(
    files.map(({ file, place }) => [
      place,
      ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(describeProblem),
    ]),
  )
}

function describeProblem({ file, start, messageText }: ts.Diagnostic): string {
  const line = file && file.getLineAndCharacterOfPosition(start ?? 0).line + 1
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}

const problems = typeCheck()
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

test('no block is of a kind that nothing checks', () => {
  expect(written('ts').length).toBeGreaterThan(20)
  expect(new Set(blocks.map(({ language }) => language))).toEqual(
    new Set(['ts', 'sh', 'yaml', 'text']),
  )
})

test.each(written('ts'))('$place type-checks', ({ place }) => {
  expect(problems.get(place)).toEqual([])
})

test.each(written('json'))('$place is JSON', ({ code }) => {
  expect(() => JSON.parse(code)).not.toThrow()
})

test.each(written('yaml'))('$place is YAML', ({ code }) => {
  expect(() => parse(code)).not.toThrow()
})

describe('commands', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const npm = (text: string) =>
    [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
      ([, run, short]) => run ?? short,
    )

  test.each(pages)('%s names only scripts that there are', (page) => {
    const named = npm(readFileSync(join(ROOT, page), 'utf8'))
    expect(named.filter((name) => !Object.hasOwn(scripts, name!))).toEqual([])
  })

  test('the two that do all set-up are in the README', () => {
    const shell = written('sh').map(({ code }) => code.trim())
    expect(shell).toContain('npm ci && npm start')
    expect(shell).toContain('npm ci && npm test')
  })
})

describe('links', () => {
  test.each(pages)('%s links only to what is there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!)
    const found = globSync(
      targets.map((target) => relative(ROOT, join(ROOT, dirname(page), target))),
      { cwd: ROOT },
    )
    expect(found).toHaveLength(new Set(targets).size)
  })
})
