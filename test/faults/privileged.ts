/** What takes root or a tool that is not on every machine. Locally its tests may be skipped, in CI never. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, test } from 'vitest'
import { createFolder } from './stores.ts'
import { until } from './waiting.ts'

const has = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

function asRoot(command: string, ...args: string[]): void {
  execFileSync(command, args)
}

const STRACE = 'strace'
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((file) => existsSync(file))

const MISSING = {
  mount: () => (canMount() ? undefined : 'nothing can be mounted here'),
  strace: () =>
    has(STRACE, '-f', '-o', '/dev/null', 'true') ? undefined : 'strace does not work here',
  faketime: () => (FAKETIME ? undefined : 'libfaketime is not installed'),
} as const

/** Why a test can't run: for its title, and for `skipIf`. In CI it runs, and fails. */
export function missing(what: keyof typeof MISSING): string | undefined {
  return process.env['CI'] ? undefined : MISSING[what]()
}

/** A test of what some kernels don't let even root do. It can't be demanded of every CI, but is never left out in silence. */
export function testUnless(
  reason: string | undefined,
  title: string,
  run: () => Promise<void>,
): void {
  if (reason === undefined) test(title, run)
  else if (process.env['CI']) console.warn(`Not run, for ${reason}: ${title}`)
  else test.skip(`${title} (${reason})`, run)
}

export const titled = (title: string, reason: string | undefined): string =>
  reason === undefined ? title : `${title} (${reason})`

function canMount(): boolean {
  const folder = createFolder()
  const mounted = has('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path)
  if (mounted) asRoot('umount', folder.path)
  folder.remove()
  return mounted
}

/** A disk of so many MiB. */
export function mountSmallDisk(mib: number): { readonly path: string; remove(): void } {
  const folder = createFolder()
  asRoot('mount', '-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder.path)
  return {
    path: folder.path,
    remove() {
      asRoot('umount', folder.path)
      folder.remove()
    },
  }
}

/** A folder as on a disk that can only be read. Root may write to all others. */
export function makeReadOnly(path: string): void {
  asRoot('mount', '--bind', path, path)
  onTestFinished(() => asRoot('umount', path))
  asRoot('mount', '-o', 'remount,ro,bind', path)
}

/** Lets the calls of a process fail until the function it returns is called. */
export async function failCalls(
  pid: number,
  calls: string,
  error: string,
): Promise<() => Promise<void>> {
  return trace(pid, ['-e', `inject=${calls}:error=${error}`, '-o', '/dev/null'])
}

/** Traces a process until the function it returns is called. */
export async function trace(pid: number, options: readonly string[]): Promise<() => Promise<void>> {
  const strace = spawn(STRACE, ['-f', '-p', String(pid), ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  strace.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
  const exit = once(strace, 'close')
  onTestFinished(() => void strace.kill('SIGKILL'))
  await until('strace is attached', () => said.includes('attached'))
  return async () => {
    strace.kill('SIGINT')
    await exit
  }
}

/** The variables under which a process takes its wall clock from a file, as `+1h`, and the file. */
export function fakeClock(folder: string): {
  readonly file: string
  readonly env: Record<string, string>
} {
  const clock = join(folder, 'clock')
  mkdirSync(clock, { recursive: true })
  const file = join(clock, 'time')
  const env = {
    LD_PRELOAD: FAKETIME!,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_NO_CACHE: '1',
  }
  return { file, env }
}
