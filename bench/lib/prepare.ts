/** What has to be there before anything can be measured: the package as users get it, the servers, the peers. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../../scripts/entries.ts'
import { peersFolder } from './peers.ts'

/** In the package's own folder, so that the servers find the package by its name. */
const serversFolder = join(root, '.cache/bench')

export const serverFile = (name: string) => join(serversFolder, `${name}.mjs`)

export async function prepare(): Promise<void> {
  buildPackage()
  await compileServers()
  installPeers()
}

/** `dist` is what users get, so it is what is measured. */
function buildPackage(): void {
  const modified = (files: readonly string[]) =>
    files.map((file) => statSync(join(root, file)).mtimeMs)
  const sources = globSync(['{src,adapters}/**/*.ts', 'tsup.config.ts'], { cwd: root })
  const built = globSync('dist/**/*.js', { cwd: root })
  if (Math.max(...modified(sources)) <= Math.min(Infinity, ...modified(built)) && built.length > 0)
    return
  console.error('Building dist, which is older than the sources')
  run(process.execPath, 'node_modules/.bin/tsup', '--silent')
}

/** To plain JavaScript: stripping types at run time would cost start-up time and memory. */
async function compileServers(): Promise<void> {
  await build({
    entryPoints: globSync(join(root, 'bench/servers/*.ts')),
    outdir: serversFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
  })
}

function installPeers(): void {
  const installed = join(peersFolder, 'node_modules/.package-lock.json')
  const lock = join(peersFolder, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  console.error('Installing the peers')
  run('npm', 'ci', '--prefix', peersFolder)
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}
