import { readdirSync } from 'node:fs'
import { build, type Plugin } from 'esbuild'
import { manifest, root } from '../../../scripts/entries.ts'
import { project } from '../project.ts'

/**
 * Bundles the suite with an entry, against the package as it is installed in the project.
 *
 * @returns a script's path, a Worker's name
 */
export async function bundleSuite(entry: 'script' | 'worker'): Promise<string> {
  const name = `provider-suite-${entry}`
  const outfile = `${project}workers/${name}.mjs`
  await build({
    entryPoints: [`${import.meta.dirname}/${entry}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    external: ['node:*'],
    // Deno has it only by import.
    banner: { js: "import { Buffer } from 'node:buffer'; globalThis.Buffer ??= Buffer;" },
    plugins: [installedPackage, inlineFolders],
    logLevel: 'error',
  })
  return entry === 'worker' ? name : outfile
}

const modulesIn = (folder: string, extension: string) =>
  readdirSync(root + folder).filter((file) => file.endsWith(extension))

/** What two modules find by looking into folders becomes imports. */
const FOLDERS: Readonly<Record<string, () => string>> = {
  'sample-modules.ts'() {
    const files = modulesIn('test/providers/samples', '.ts')
    const imports = files.map(
      (file, index) => `import * as m${index} from '${root}test/providers/samples/${file}'`,
    )
    const entries = files.map((file, index) => `['${file.slice(0, -3)}', m${index}]`)
    return `${imports.join('\n')}\nexport const sampleModules = new Map([${entries.join(', ')}])`
  },
  'vector-files.ts'() {
    const files = modulesIn('test/vectors', '.json')
    const imports = files.map(
      (file, index) => `import m${index} from '${root}test/vectors/${file}'`,
    )
    const names = files.map((_, index) => `m${index}.map(withOverride)`)
    const overrides = `import { withOverride } from '${root}test/vectors/overrides.ts'`
    return `${overrides}\n${imports.join('\n')}\nexport const vectorFiles = [${names.join(', ')}]`
  },
}

/** The tests would take the package they are in. */
const installedPackage: Plugin = {
  name: 'installed-package',
  setup(bundle) {
    const filter = new RegExp(`^${manifest.name}(/|$)`)
    bundle.onResolve({ filter }, ({ path, kind, pluginData }) =>
      pluginData === RESOLVED
        ? undefined
        : bundle.resolve(path, { kind, resolveDir: project, pluginData: RESOLVED }),
    )
  },
}

const RESOLVED = 'resolved'

const inlineFolders: Plugin = {
  name: 'inline-folders',
  setup(bundle) {
    bundle.onLoad({ filter: /\/(sample-modules|vector-files)\.ts$/ }, ({ path }) => ({
      contents: FOLDERS[path.slice(path.lastIndexOf('/') + 1)]!(),
      resolveDir: root,
      loader: 'ts',
    }))
  },
}
