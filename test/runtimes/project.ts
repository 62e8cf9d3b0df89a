/** A project such as a user has: the built package, the platforms, and the hosts' files, in one folder. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { manifest, root } from '../../scripts/entries.ts'

export const project = `${root}.cache/runtimes/`
const installed = `${project}node_modules/${manifest.name}/`

/** Installs the package as it is published: its manifest and `dist`, built anew if a source is newer. */
export function installPackage(): void {
  const sources = ['src', 'adapters'].flatMap((folder) => timesIn(root + folder))
  mkdirSync(installed, { recursive: true })
  cpSync(`${root}package.json`, `${installed}package.json`)
  if (Math.max(...sources) < oldestIn(`${installed}dist`)) return
  const args = ['node_modules/.bin/tsup', '--silent', '--out-dir', `${installed}dist`]
  execFileSync(process.execPath, args, { cwd: root, stdio: 'pipe' })
}

/** Copies the application, its hosts and the examples. */
export function copyFiles(): void {
  const from = `${root}test/runtimes/`
  rmSync(`${project}hosts`, { recursive: true, force: true })
  cpSync(`${from}app.ts`, `${project}app.ts`)
  cpSync(`${from}hosts`, `${project}hosts`, { recursive: true })
  cpSync(`${root}examples`, `${project}examples`, { recursive: true })
  const nextApp = `${project}hosts/next/app/`
  cpSync(`${root}examples/next/route.ts`, `${nextApp}webhooks/github/route.ts`)
}

const WORKERD_CONFIG = (bundle: string, flags: readonly string[], bindings: readonly string[]) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "${bundle}")],
  compatibilityDate = "2026-11-17",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(', ')}],
  bindings = [${bindings.map((name) => `(name = "${name}", fromEnvironment = "${name}")`).join(', ')}],
);
`

interface Worker {
  /** The entry, from the folder of the project. */
  readonly entry: string
  readonly flags?: readonly string[]
  /** Variables of the environment that the Worker gets as bindings. */
  readonly bindings: readonly string[]
}

/** Bundles a Worker into the one file that workerd takes, and returns the path of its configuration. */
export async function bundleWorker({ entry, flags = [], bindings }: Worker): Promise<string> {
  const name = [entry.replace(/\W/g, '-'), ...flags].join('-')
  await build({
    entryPoints: [project + entry],
    outfile: `${project}workers/${name}.mjs`,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    external: ['cloudflare:*'],
    logLevel: 'error',
  })
  return configureWorker(name, flags, bindings)
}

/** Writes what workerd takes beside a bundle in the folder of Workers, and returns its path. */
export function configureWorker(
  name: string,
  flags: readonly string[],
  bindings: readonly string[] = [],
): string {
  const config = `${project}workers/${name}.capnp`
  writeFileSync(config, WORKERD_CONFIG(`${name}.mjs`, flags, bindings))
  return config
}

/** The times at which the files of a folder were last written. */
function timesIn(folder: string): readonly number[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => statSync(`${file.parentPath}/${file.name}`).mtimeMs)
}

function oldestIn(folder: string): number {
  try {
    return Math.min(...timesIn(folder))
  } catch {
    return 0 // there is none yet
  }
}
