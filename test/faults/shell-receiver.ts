/**
 * A receiver that a shell starts: under limits of the system, in namespaces of its own, or with its output led to
 * where nobody reads. What the shell starts goes with it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { HostConfig } from './host-process.ts'
import type { ReceiverConfig } from './receiver-config.ts'
import type { Exit } from './receiver.ts'
import { until } from './waiting.ts'

const ROOT = join(import.meta.dirname, '../..')
/** More than a start takes on a machine that is very busy. */
const MAX_START_MS = 20_000

const canUnshare = () =>
  spawnSync('unshare', ['--net', '--pid', '--fork', '--mount-proc', 'true']).status === 0

/** Why a test can't run. */
export const noNamespaces = canUnshare() ? undefined : 'no namespaces can be made here'

export interface ShellReceiver {
  readonly port: number
  /** Of the receiver, be it the shell's own place or that of a process below it. */
  readonly pid: number
  /** Of what was started first. */
  readonly shellPid: number
  readonly exit: Promise<Exit>
  readonly output: () => string
}

/**
 * @param line what the shell does; `"$@"` in it is the command of the receiver
 * @throws {Error} with all that was printed if it does not listen in time
 */
export async function startInShell(
  config: ReceiverConfig | HostConfig,
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ShellReceiver> {
  const file = 'engine' in config ? 'receiver-process.ts' : 'host-process.ts'
  const command = [
    process.execPath,
    '--conditions=@webhook-target/source',
    join(import.meta.dirname, file),
    JSON.stringify(config),
  ]
  const child = spawn('bash', ['-c', line, 'bash', ...command], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const shellPid = child.pid!
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  }
  let ended = false
  const exit = once(child, 'exit').then(([code, signal]) => {
    ended = true
    return { code: code as Exit['code'], signal: signal as Exit['signal'] }
  })
  onTestFinished(async () => {
    killGroup(shellPid)
    await exit
  })
  const readPort = () => /^ready (\d+)$/m.exec(output)?.[1]
  await until('it listens', () => readPort() !== undefined || ended, MAX_START_MS).catch(() => {})
  const port = Number(readPort())
  const pid = findReceiver(shellPid)
  if (!port || pid === undefined) throw new Error(`The receiver did not start:\n${output}`)
  return { port, pid, shellPid, exit, output: () => output }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended, and left nothing behind.
  }
}

/** The first process in the tree that is the receiver, and no shell with its command as an argument. */
function findReceiver(pid: number): number | undefined {
  if (read(`/proc/${pid}/cmdline`).startsWith(`${process.execPath}\0`)) return pid
  for (const child of childrenOf(pid)) {
    const found = findReceiver(child)
    if (found !== undefined) return found
  }
  return undefined
}

export const childrenOf = (pid: number): readonly number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

export const countFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** A line of what the system says of a process; nothing if there is none any more. */
export const statusOf = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? ''

/** Of all that is in memory, or of the most there has been. */
export const memoryMiB = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  parseInt(statusOf(pid, field)) / 1024

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has just ended
  }
}
