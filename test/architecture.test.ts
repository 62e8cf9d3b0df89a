import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { manifest, root } from '../scripts/entries.ts'

/** Which layers a layer may import from, besides itself. A file belongs to the first one that matches. */
const LAYERS: readonly Layer[] = [
  layer('base', /^src\/((types|errors|outcomes|delivery|event)\.ts|lib\/)/, []),
  layer('parts', /^src\/(provider\.ts|schemes\/|challenges\/)/, ['base']),
  layer('providers', /^src\/providers\//, ['base', 'parts']),
  layer('destinations', /^src\/destinations\//, ['base']),
  layer('secrets', /^src\/secrets\//, ['base']),
  layer('telemetry', /^src\/telemetry\//, ['base']),
  layer('stages', /^src\/(endpoint\.ts|stages\/)/, ['base']),
  layer('core', /^src\/(handler|mount|doors)\.ts/, ['base', 'stages']),
  layer('inbox', /^src\/inbox\//, ['base', 'stages', 'core']),
  layer('engines', /^src\/engines\//, ['base', 'inbox']),
  layer('keys', /^src\/keys\//, ['base', 'inbox']),
  // `defineProvider` is part of what the index re-exports; schemes and challenges are not.
  layer('index', /^src\/index\.ts/, ['base', 'stages', 'core', 'src/provider.ts']),
  layer('testing', /^src\/testing\//, ['base', 'parts', 'core', 'index', 'inbox']),
  layer('adapters', /^adapters\//, ['base', 'core', 'index']),
]

/** Folders of `src` that are nobody's import. */
const PRIVATE = ['lib', 'stages']

interface Layer {
  readonly name: string
  readonly files: RegExp
  /** Names of layers, or single files. */
  readonly mayImport: readonly string[]
}

function layer(name: string, files: RegExp, mayImport: readonly string[]): Layer {
  return { name, files, mayImport }
}

interface Import {
  readonly from: string
  /** A path from the root of the repository, or the specifier of a package. */
  readonly to: string
}

const sources = globSync(['src/**/*.ts', 'adapters/**/*.ts'], { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted()
const read = (file: string) => readFileSync(root + file, 'utf8')
const imports = sources.flatMap(importsOf)
const layerOf = (file: string) => LAYERS.find(({ files }) => files.test(file))
const isPath = (to: string) => /^(src|adapters)\//.test(to)
const show = ({ from, to }: Import) => `${from} imports ${to}`

/** Static and dynamic imports, re-exports and `import type` alike. */
function importsOf(from: string): readonly Import[] {
  return ts.preProcessFile(read(from)).importedFiles.map(({ fileName }) => ({
    from,
    to: fileName.startsWith('.') ? posix.join(posix.dirname(from), fileName) : fileName,
  }))
}

function isAllowed({ from, to }: Import): boolean {
  const [importer, imported] = [layerOf(from), layerOf(to)]
  if (!importer || !imported) return false
  return [importer.name, ...importer.mayImport].some(
    (name) => name === imported.name || name === to,
  )
}

describe('direction of imports', () => {
  test('every file has a layer', () => {
    expect(sources.filter((file) => !layerOf(file))).toEqual([])
  })

  test('a layer imports only from the layers below it', () => {
    expect(
      imports
        .filter(({ to }) => isPath(to))
        .filter((edge) => !isAllowed(edge))
        .map(show),
    ).toEqual([])
  })

  test('providers do not import each other', () => {
    const isProvider = (file: string) => /^src\/providers\/[^/]+$/.test(file)
    expect(imports.filter(({ from, to }) => isProvider(from) && isProvider(to)).map(show)).toEqual(
      [],
    )
  })

  test('imports stay inside src and adapters', () => {
    const escapes = imports.filter(({ to }) => to.startsWith('..') || /^\w+\/.*\.ts$/.test(to))
    expect(escapes.filter(({ to }) => !isPath(to)).map(show)).toEqual([])
  })
})

describe('packages', () => {
  const packages = imports.filter(({ to }) => !isPath(to))

  test('src imports none, but for the types of optional peers in providers', () => {
    const typesOnly = Object.keys(manifest.peerDependencies)
    const isPeerType = ({ from, to }: Import) =>
      from.startsWith('src/providers/') && typesOnly.includes(to) && importsTypesOnly(from, to)
    expect(
      packages
        .filter(({ from }) => from.startsWith('src/'))
        .filter((edge) => !isPeerType(edge))
        .map(show),
    ).toEqual([])
  })

  test('adapters import node: modules and types; only whatwg.ts imports @whatwg-node', () => {
    const allowed = ({ from, to }: Import) =>
      to.startsWith('node:') ||
      (from === 'adapters/whatwg.ts' && to.startsWith('@whatwg-node/')) ||
      importsTypesOnly(from, to)
    expect(
      packages
        .filter(({ from }) => from.startsWith('adapters/'))
        .filter((edge) => !allowed(edge))
        .map(show),
    ).toEqual([])
  })
})

function importsTypesOnly(from: string, to: string): boolean {
  const file = ts.createSourceFile(from, read(from), ts.ScriptTarget.Latest)
  return file.statements.every((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return true
    const specifier = statement.moduleSpecifier
    if (!specifier || !ts.isStringLiteral(specifier) || specifier.text !== to) return true
    return ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly
  })
}

describe('source text', () => {
  test('no default exports', () => {
    expect(
      sources.filter((file) => /^export (default\b|\{[^}]*\bas default\b)/m.test(read(file))),
    ).toEqual([])
  })

  test('no instanceof on the classes of Fetch: a host may bring its own', () => {
    const pattern = /\binstanceof (Request|Response|Headers)\b/
    expect(sources.filter((file) => pattern.test(read(file)))).toEqual([])
  })
})

describe('export map', () => {
  test('is the mechanical image of the folders', () => {
    const folders = readdirSync(`${root}src`, { withFileTypes: true })
      .filter((item) => item.isDirectory() && !PRIVATE.includes(item.name))
      .map(({ name }) => name)
    const expected = [
      ['.', target('src', 'index')],
      ...folders.map((folder) =>
        existsSync(`${root}src/${folder}/index.ts`)
          ? [`./${folder}`, target('src', `${folder}/index`)]
          : [`./${folder}/*`, target('src', `${folder}/*`)],
      ),
      ['./adapters/*', target('.', 'adapters/*')],
      ['./package.json', './package.json'],
    ]
    expect(manifest.exports).toEqual(Object.fromEntries(expected))
  })

  test('names the source condition first, then the types', () => {
    for (const conditions of Object.values(manifest.exports)) {
      if (typeof conditions === 'string') continue
      expect(Object.keys(conditions)).toEqual(['@webhook-target/source', 'types', 'default'])
    }
  })
})

function target(folder: string, path: string) {
  return {
    '@webhook-target/source': `./${posix.join(folder, path)}.ts`,
    types: `./dist/${path}.d.ts`,
    default: `./dist/${path}.js`,
  }
}

describe('src/tsconfig.json', () => {
  test.each([
    ['a Node global', `export const bytes: unknown = Buffer.from('')`],
    ['process', `export const env: unknown = process.env`],
    ['a Node module', `export { createHmac } from 'node:crypto'`],
    ['a Node timer', `setTimeout(() => {}, 1).unref()`],
    ['the DOM', `export const title: string = document.title`],
    ['an export without a written type', `export const sum = Math.max(1, 2)`],
  ])('refuses %s', (_, text) => {
    expect(compileInSrc(text)).not.toEqual([])
  })

  test('accepts what every runtime has', () => {
    const text = `export const read = (response: Response): Promise<string> => response.text()`
    expect(compileInSrc(text)).toEqual([])
  })
})

/** The declarations of the language, parsed once. */
const libraries = new Map<string, ts.SourceFile>()

/** The errors that a file of this text would have in `src`. */
function compileInSrc(text: string): readonly string[] {
  const name = `${root}src/planted.ts`
  const { config } = ts.readConfigFile(`${root}src/tsconfig.json`, (path) =>
    readFileSync(path, 'utf8'),
  )
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${root}src`)
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([name], options, {
    ...host,
    fileExists: (path) => path === name || host.fileExists(path),
    getSourceFile(path, ...rest) {
      if (path === name) return ts.createSourceFile(path, text, rest[0])
      const file = libraries.get(path) ?? host.getSourceFile(path, ...rest)
      if (file) libraries.set(path, file)
      return file
    },
  })
  const file = program.getSourceFile(name)
  return [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
    ...program.getDeclarationDiagnostics(file),
  ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
