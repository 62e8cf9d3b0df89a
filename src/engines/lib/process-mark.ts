import { builtinModule } from '../../lib/builtin.ts'

interface FileSystem {
  readFileSync(path: string, encoding: 'utf8'): string
}

const runtime = globalThis as {
  process?: { readonly pid?: number; kill?(pid: number, signal: 0): unknown }
}

/**
 * Tells this process from a later one that has its number: the first one of a container always has the same. The
 * number alone where nobody can tell when a process began.
 */
export function ownMark(): string {
  const pid = runtime.process?.pid ?? 0
  const start = startOf(pid)
  return start === undefined ? `${pid}` : `${pid}:${start}`
}

/** Whether the process is there that has left this mark, or its number alone, as former releases did. */
export function isAlive(mark: string): boolean {
  const [number, began] = mark.split(':')
  const pid = Number(number)
  if (!exists(pid)) return false
  const start = startOf(pid)
  if (start === undefined) return true
  return began === undefined ? pid !== runtime.process?.pid : began === start
}

function exists(pid: number): boolean {
  try {
    runtime.process?.kill?.(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}

/** Ticks from the start of the machine (proc_pid_stat(5), field 22); before it is a name, which may hold anything. */
function startOf(pid: number): string | undefined {
  const fs = builtinModule('node:fs') as FileSystem | undefined
  try {
    const stat = fs!.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
