/** One core for the server and another for the load, so that neither takes time from the other. */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const CORES = { server: '0', load: '1' }
type Command = readonly [command: string, ...args: readonly string[]]

export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

const canPin = isInstalled('taskset') && availableParallelism() > 1

export function pinned(role: keyof typeof CORES, command: Command): Command {
  return canPin ? ['taskset', '-c', CORES[role], ...command] : command
}
