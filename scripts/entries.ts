import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One file that users can import. */
export interface Entry {
  /** `webhook-target/providers/github` */
  readonly specifier: string
  /** `src/providers/github.ts`, from the root of the repository. */
  readonly source: string
  /** `providers/github`: where in `dist` it is built to, without an extension. */
  readonly output: string
}

interface Conditions {
  readonly '@webhook-target/source': string
  readonly types: string
  readonly default: string
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, Conditions | string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

export const root = fileURLToPath(new URL('..', import.meta.url))
export const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest

/** Every entry of the package: the export map, with its patterns filled in from the folders. */
export function entries(): readonly Entry[] {
  return Object.entries(manifest.exports).flatMap(([key, target]) =>
    typeof target === 'string' ? [] : expand(key, target['@webhook-target/source']),
  )
}

function expand(key: string, source: string): readonly Entry[] {
  if (!key.includes('*')) return existsSync(root + source) ? [entry(key, source)] : []
  const folder = source.slice(0, source.indexOf('*'))
  return sourceNames(folder).map((name) => entry(key.replace('*', name), source.replace('*', name)))
}

function entry(key: string, source: string): Entry {
  return {
    specifier: manifest.name + key.slice(1),
    source: source.slice(2),
    output: source.slice(2, -'.ts'.length).replace(/^src\//, ''),
  }
}

/** The public modules of a folder; what lies in its subfolders is private. */
function sourceNames(folder: string): readonly string[] {
  if (!existsSync(root + folder)) return []
  return readdirSync(root + folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .toSorted()
}
