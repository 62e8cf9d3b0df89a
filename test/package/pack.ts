import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { root } from '../../scripts/entries.ts'

/** A project that has the packed tarball installed. */
export const consumer = `${root}.cache/consumer/`
export const tarball = `${root}.cache/consumer/webhook-target.tgz`
export const installed = `${consumer}node_modules/webhook-target/`

const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8' })

/** Builds, packs and unpacks, once for all tests of this folder. */
export default function setup(): void {
  rmSync(consumer, { recursive: true, force: true })
  mkdirSync(installed, { recursive: true })
  writeFileSync(`${consumer}package.json`, '{ "name": "consumer", "type": "module" }')
  run(process.execPath, 'node_modules/.bin/tsup', '--silent')
  run(process.execPath, 'scripts/optional-peers.ts')
  const [packed] = JSON.parse(
    run(
      'npm',
      'pack',
      '--ignore-scripts',
      '--json',
      '--loglevel=error',
      '--pack-destination',
      consumer,
    ),
  )
  run('mv', consumer + packed.filename, tarball)
  run('tar', '-xzf', tarball, '-C', installed, '--strip-components=1')
}
